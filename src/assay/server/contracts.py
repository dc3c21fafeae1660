"""What others send and want back: NeMo-Gym 0.7's `/verify` and SandboxFusion's `/run_code` (its source, of 2025).

What OpenRLHF sends is read in `serve/openrlhf.py`. A verdict without a score is what each of them knows as none: a
masked sample, a `SandboxError`, a failed request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import BadConfig, did_you_mean
from assay.files import json_kind
from assay.sandbox import Outcome
from assay.server.settings import Bounds
from assay.turns import gym_text, gym_turns
from assay.types import Status, Verdict

PROGRAM = {
    "code": str,
    "language": str,
    "stdin": str | None,
    "run_timeout": int | float,
    "compile_timeout": int | float,
    "memory_limit_MB": int,
    "files": dict,
    "fetch_files": list,
    "args": list,
}
"""The keys of `/run_code` and their types."""
LANGUAGES = ("python", "cpp")
MEMORY = 1 << 30
"""Bytes of a program for which none are asked (`memory_limit_MB` of -1)."""


def gym_row(request: Any) -> dict[str, Any]:
    """The row of a request to `/verify`: its own keys, or those of `verifier_metadata`, and what the policy said."""
    if not isinstance(request, dict) or not isinstance(request.get("response"), dict):
        raise BadConfig("a request to /verify is an object with 'response', a response of the Responses API")
    try:
        asked = (request.get("responses_create_params") or {}).get("input") or ""
        row = {**(request.get("verifier_metadata") or {}), **request}
        said = None if _failed(request["response"]) else gym_text(request["response"])
        return {**row, "response": said, "prompt": gym_turns(asked)}
    except (TypeError, AttributeError, ValueError) as bad:
        raise BadConfig(f"the request is not as NeMo-Gym sends it: {bad}") from None


def _failed(response: Mapping[str, Any]) -> bool:
    """Whether the model's server said nothing for the model: no fault of what is judged."""
    return bool(response.get("error")) or response.get("status") in ("failed", "cancelled")


def gym_reply(request: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """The request with `reward`, and, for a verdict without a score, the mask and the reason."""
    reply = {**request, "reward": verdict.score or 0.0, "verdict": verdict.to_json()}
    if verdict.counts:
        return reply
    kind = "provider_unavailable" if verdict.status is Status.TIMEOUT else "verifier_error"
    told = f"{verdict.status} of {verdict.verifier or 'no verifier'}: {verdict.why}"
    return {**reply, "mask_sample": True, "failure_kind": kind, "failure_reason": told}


def program_of(request: Any, bounds: Bounds) -> dict[str, Any]:
    """What a worker is asked to run. Raises `BadConfig` for what cannot be run here."""
    _require_program(request)
    seconds = {name: request.get(name, 10) for name in ("run_timeout", "compile_timeout")}
    for name, value in seconds.items():
        if not 0 < value <= bounds.deadline:
            raise BadConfig(f"{name!r} is above 0 and at most {bounds.deadline:g} seconds here, not {value}")
    wanted = request.get("memory_limit_MB", -1)
    memory = wanted << 20 if wanted > 0 else MEMORY
    if memory > bounds.memory:
        raise BadConfig(f"'memory_limit_MB' is at most {bounds.memory >> 20} here, not {wanted}")
    times = {"seconds": seconds["run_timeout"], "compile_seconds": seconds["compile_timeout"]}
    said = {"code": request["code"], "language": request["language"], "stdin": request.get("stdin") or ""}
    return {**said, **times, "memory": memory}


def _require_program(request: Any) -> None:
    """Raise `BadConfig` for what is no request to run a program of a language that runs here."""
    if not isinstance(request, dict) or "code" not in request or "language" not in request:
        raise BadConfig("a request to /run_code is an object with 'code' and 'language'")
    if unknown := [key for key in request if key not in PROGRAM]:
        raise BadConfig(f"/run_code has no key {unknown[0]!r}{did_you_mean(unknown[0], PROGRAM)}")
    for name, kind in PROGRAM.items():
        if name in request and (not isinstance(request[name], kind) or isinstance(request[name], bool)):
            raise BadConfig(f"{name!r} is not of the type that /run_code takes: it is {json_kind(request[name])}")
    for name in ("code", "stdin"):
        if any("\ud800" <= character <= "\udfff" for character in request.get(name) or ""):
            raise BadConfig(f"{name!r} holds half of a pair of surrogates, which is no text")
    if used := [name for name in ("files", "fetch_files", "args") if request.get(name)]:
        raise BadConfig(f"{used[0]!r} is not taken here: programs read standard input and write standard output")
    if request["language"] not in LANGUAGES:
        raise BadConfig(f"{request['language']!r} is not run here; languages: {', '.join(LANGUAGES)}")


def program_reply(made: Mapping[str, Any]) -> dict[str, Any]:
    """What became of a program, in SandboxFusion's words."""
    compiled, run = _command(made.get("compiled")), _command(made if "outcome" in made else None)
    broken = made.get("error") or next((c["stderr"] for c in (compiled, run) if c and c["status"] == "Error"), "")
    ended = [command for command in (compiled, run) if command]
    well = ended and all(command["status"] == "Finished" and command["return_code"] == 0 for command in ended)
    status = "SandboxError" if broken or not ended else ("Success" if well else "Failed")
    told = {"status": status, "message": broken, "compile_result": compiled, "run_result": run}
    return {**told, "executor_pod_name": None, "files": {}}


def _command(made: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if made is None:
        return None
    outcome = Outcome(made["outcome"])
    told = {"execution_time": round(made["wall"], 4), "stdout": made["output"], "stderr": made["stderr"]}
    if outcome in (Outcome.STARVED, Outcome.SANDBOX_ERROR):
        return {"status": "Error", "return_code": None, **told, "stderr": f"{outcome}: {made['text']}"}
    if outcome is Outcome.TIMEOUT:
        return {"status": "TimeLimitExceeded", "return_code": None, **told}
    code = 0 if outcome is Outcome.DONE else 1
    said = told["stderr"] or (f"{outcome}: {made['text']}" if code else "")
    return {"status": "Finished", "return_code": code, **told, "stderr": said}


def reply_of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Scores as OpenRLHF reads them: numbers, and one flat dictionary of numbers for its logs."""
    scores = [verdict.score or 0.0 for verdict in verdicts]
    return {"rewards": scores, "scores": scores, "extra_logs": {"counted": [float(v.counts) for v in verdicts]}}


def skipped(verdicts: Sequence[Verdict]) -> str:
    """Why a request of which a verdict has no score fails, where its trainer cannot leave a row out; else nothing."""
    null = [verdict for verdict in verdicts if not verdict.counts]
    return f"{null[0].status} of {null[0].verifier or 'no verifier'}: {null[0].why}" if null else ""
