"""Requests as they come: JSON or JSON lines, rows in any of the three layouts, each checked before any work."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from assay.errors import AssayError, BadConfig, counted, did_you_mean
from assay.files import json_kind, not_json
from assay.judging.session import PATIENCE, jobs_of
from assay.judging.verifier import VERIFIERS
from assay.rollout.text import response_text
from assay.serve.columns import READ, example_of, missing, named
from assay.server.settings import Settings
from assay.server.workers import Chunk
from assay.turns import known_tag
from assay.types import Attempt, Example, Verdict

OPTIONS = ("rows", "deadline", "thinking", "verifier", "reference")
"""The keys of a request."""
LONGEST = 1000
"""Characters of what a caller calls a row."""
SLACK = 60.0
"""Seconds that a worker may take beyond the deadlines of its rows before it counts as stuck."""


@dataclass(frozen=True)
class Row:
    """One row that will be judged, or the verdict that it has already."""

    id: Any
    example: Example | None
    response: str = ""
    known: Verdict | None = None
    sent: Mapping[str, Any] | None = None
    """What a worker is sent of it."""


@dataclass(frozen=True)
class Batch:
    """The rows of a request."""

    rows: Sequence[Row]
    deadline: float | None = None
    thinking: str = ""

    def chunks(self, workers: int) -> list[tuple[list[int], Chunk]]:
        """What workers are handed, each with the places of its rows: a few rows of text, one program, a whole group."""
        places = [place for place, row in enumerate(self.rows) if row.known is None]
        asked = [(self.rows[place].example, Attempt(response=self.rows[place].response)) for place in places]
        made = []
        for job in jobs_of([(example, attempt) for example, attempt in asked if example], workers):
            found = [places[number] for number in job]
            limit = self.deadline or max(VERIFIERS.get(asked[number][0].verifier).deadline for number in job)  # type: ignore[union-attr]
            frame = {"rows": [self.rows[place].sent for place in found], "deadline": self.deadline}
            seconds = SLACK + len(found) * limit * (1 + sum(PATIENCE))
            made.append((found, Chunk({**frame, "thinking": self.thinking}, seconds)))
        return made


def parsed(body: bytes) -> Any:
    """The JSON of a body. Raises `BadConfig` where it is none, or holds NaN, which no other reader would take."""
    try:
        return json.loads(body, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as bad:
        raise BadConfig(f"the body is no JSON: {_said(bad)}") from None


def parsed_lines(body: bytes) -> dict[str, Any]:
    """A request from JSON lines, as `assay grade` reads them."""
    rows = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line, parse_constant=_no_number, parse_float=_finite))
            except (ValueError, RecursionError) as bad:
                raise BadConfig(f"line {number} is no JSON: {_said(bad)}") from None
    return {"rows": rows}


def _finite(text: str) -> float:
    return float(text) if isfinite(float(text)) else _no_number(text[:40])


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _said(bad: Exception) -> str:
    return not_json(bad) if isinstance(bad, json.JSONDecodeError | RecursionError | UnicodeError) else str(bad)


def batch_of(request: Any, settings: Settings) -> Batch:
    """The rows of a request. Raises `BadConfig`, with the number of the row, for what cannot be judged here."""
    request = {"rows": request} if isinstance(request, list) else request
    if not isinstance(request, dict) or not isinstance(request.get("rows"), list):
        raise BadConfig("a request is an object with 'rows', a list of rows, or such a list alone")
    if unknown := [key for key in request if key not in OPTIONS]:
        raise BadConfig(f"a request has no key {unknown[0]!r}{did_you_mean(unknown[0], OPTIONS)}")
    for key in ("thinking", "verifier", "reference"):
        if not isinstance(request.get(key), str | None):
            raise BadConfig(f"{key!r} is text, not {json_kind(request[key])}")
    rows, bounds = request["rows"], settings.bounds
    if len(rows) > bounds.rows:
        raise BadConfig(
            f"a request has at most {counted(bounds.rows, 'row')} here, not {len(rows):,}: send them in parts"
        )
    made = [row_of(row, number, request, settings) for number, row in enumerate(rows)]
    return Batch(made, deadline_of(request.get("deadline"), bounds.deadline), known_tag(request.get("thinking") or ""))


def identity_of(given: Any) -> Any:
    """What the caller calls a row; it comes back with the verdict. Raises `BadConfig` for anything large."""
    if (isinstance(given, str) and len(given) <= LONGEST) or isinstance(given, int | float | None):
        return given
    raise BadConfig(f"'id' is a number or a text of at most {LONGEST:,} characters")


def deadline_of(deadline: Any, most: float) -> float | None:
    """Seconds a verdict, as they were asked for. Raises `BadConfig`."""
    if deadline is None:
        return None
    if isinstance(deadline, bool) or not isinstance(deadline, int | float) or not 0 < deadline <= most:
        raise BadConfig(f"'deadline' is a number of seconds above 0 and at most {most:g}, not {str(deadline)[:40]}")
    return float(deadline)


def row_of(row: Any, number: int, how: Mapping[str, Any], settings: Settings) -> Row:
    """One row, checked. `how` may name the verifier and the column of the reference for all rows."""
    if not isinstance(row, dict):
        raise BadConfig(f"row {number} must be a JSON object, not {json_kind(row)}")
    try:
        if "response" not in row:
            raise BadConfig(f"it has no 'response'{did_you_mean('response', row)}")
        given = named({k: v for k, v in row.items() if k != "id"}, 1, None, how.get("reference") or "reference")
        if name := how.get("verifier"):
            given = {**given, "verifier": name}
            given.pop("example", None)
        example = example_of(given, row.get("prompt") or "")
        require_served(example, settings)
        identity = identity_of(row.get("id"))
        if missing(row["response"]):
            return Row(identity, example, known=Verdict.error("there is no response"))
        response = response_text(row["response"])
        sent = {name: given[name] for name in READ if name in given and name != "id"} | {"response": response}
        return Row(identity, example, response, sent=sent | ({"prompt": row["prompt"]} if row.get("prompt") else {}))
    except (ValueError, TypeError, AttributeError, RecursionError, AssayError) as bad:
        why = "its lists or objects are nested too deeply" if isinstance(bad, RecursionError) else str(bad)
        raise BadConfig(f"row {number}: {why}") from None


def _used(verifier: Any, params: Any, reference: Any) -> Iterator[str]:
    """The verifiers that a row makes judge: its own, the rule of a hybrid, those of the criteria of a rubric."""
    rule = params.get("rule") if isinstance(params, Mapping) else None
    yield from (name for name in (verifier, rule) if isinstance(name, str) and name)
    for row in reference if verifier == "rubric" and isinstance(reference, list) else ():
        if isinstance(row, Mapping):
            yield from _used(row.get("verifier"), row.get("params"), None)


def require_served(example: Example, settings: Settings) -> None:
    """Raise `UnknownName` where the verifier does not exist, and `BadConfig` where rows may not name it here."""
    name = example.verifier
    if not isinstance(name, str):
        raise BadConfig(f"'verifier' is a name, not {json_kind(name)}")
    for used in _used(name, example.params, example.reference):
        if settings.refuses(used):
            raise BadConfig(
                f"the verifier {used!r} acts outside the sandbox in the name of a row, and this server does not "
                f"allow it: start it with --allow {used} where all who can send rows are trusted"
            )
