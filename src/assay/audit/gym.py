"""A resources server of NeMo-Gym as a grader: `POST /verify`, with a row as its request, a reward as its answer.

`http://HOST:PORT` or `http://HOST:PORT#FIELD`, where FIELD is how its requests call the reference
(`expected_answer` otherwise). What it masks, refuses or is too slow to answer has no score.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urldefrag, urlsplit

from assay.audit.labelled import LabelledRow
from assay.audit.outcomes import FOREIGN_DEADLINE, Identity, Outcome
from assay.errors import BadConfig

FIELD = "expected_answer"
SHOWN = 300


class GymGrader:
    """A server that answers NeMo-Gym's `/verify`. Raises `BadConfig` for an address that is none or is silent."""

    def __init__(self, name: str, deadline: float | None = None) -> None:
        address, self._field = urldefrag(name)
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            raise BadConfig(f"a server's address is like http://127.0.0.1:8000#expected_answer, not {name!r}")
        self.name, self._field = name, self._field or FIELD
        self._address = address.rstrip("/").removesuffix("/verify") + "/verify"
        self._deadline = FOREIGN_DEADLINE if deadline is None else deadline
        try:
            self._ask({})
        except urllib.error.HTTPError:  # it is there, and refuses an empty request
            return
        except (OSError, ValueError) as lost:
            raise BadConfig(f"{self._address} does not answer: {getattr(lost, 'reason', lost)}") from None

    def identity(self) -> Identity:
        """A server does not tell what it is made of."""
        return Identity("server", contract=f"NeMo-Gym's /verify, the reference as {self._field}")

    def grade(self, rows: Sequence[LabelledRow]) -> list[Outcome]:
        return [self._outcome(row) for row in rows]

    def _outcome(self, row: LabelledRow) -> Outcome:
        try:
            told = self._ask(_request(row, self._field))
            if told.get("mask_sample"):
                return Outcome(None, f"masked: {told.get('failure_reason')}"[:SHOWN])
            return Outcome(float(told["reward"]))
        except urllib.error.HTTPError as refused:
            return Outcome(None, f"{refused.code}: {refused.read(2000).decode('utf-8', 'replace')}"[:SHOWN])
        except TimeoutError:
            return Outcome(None, f"no answer within {self._deadline:g} s")
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as lost:
            return Outcome(None, f"no reward came: {type(lost).__name__}: {lost}"[:SHOWN])

    def _ask(self, request: Any) -> Any:
        asked = urllib.request.Request(
            self._address, json.dumps(request).encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=self._deadline) as answer:
            return json.loads(answer.read())

    def close(self) -> None:
        """Nothing is held."""


def _request(row: LabelledRow, field: str) -> dict[str, Any]:
    """What an agent of NeMo-Gym would send: the problem, a response of the Responses API, and the row's own fields: its
    reference, and what its parameters name."""
    part = {"type": "output_text", "text": row.response, "annotations": []}
    said = {"id": "msg", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    response = {"id": "resp", "created_at": 0.0, "model": "recorded", "object": "response", "output": [said]}
    response |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    asked = {"input": [{"role": "user", "content": row.prompt}]}
    own = {
        **row.params,
        "question": row.prompt,
        "verifier": row.verifier,
        "params": dict(row.params),
        field: row.reference,
    }
    return {**own, "responses_create_params": asked, "response": response}
