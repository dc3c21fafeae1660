"""What the curves of a training run show, as numbers: the report draws them, and so does the live page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from assay.learn.oracle import WINDOW
from assay.report.panels import DOMAIN_COLOURS, VERDICT_COLOURS

Steps = Sequence[Mapping[str, Any]]
Column = Sequence[float | None]
SMOOTHED = " Thin: each step. Bold: the mean of the last ten that have a value."


@dataclass(frozen=True)
class Curves:
    """A titled row of panels: one panel a column, or all columns stacked in one."""

    title: str
    about: str
    steps: tuple[int, ...]
    columns: Mapping[str, Column]
    """Name -> one value a step; `None` where nothing was measured."""
    smoothed: bool = False
    """Each step thin, the mean of the last ten bold."""
    top: float | None = None
    """Where the axis ends; at the largest value without it."""
    stacked: bool = False
    bands: Mapping[str, tuple[Column, Column]] = field(default_factory=dict)
    """Name of a column -> the ends of its interval, each one value a step."""
    marks: Mapping[str, int] = field(default_factory=dict)
    """Name of a column -> the step at which its alarm rang."""


def curves_of(steps: Steps, held_out: Sequence[tuple[int, Mapping[str, Any]]] = ()) -> list[Curves]:
    """All curves of a training run that were measured; none before it has responses.

    `held_out` are the scores of held-out problems (`scores.json`) by step.
    """
    if not any(step["domains"] for step in steps):
        return []
    every = (
        accuracy(held_out),
        per_domain(steps, "reward", "Score", "Mean score of the verdicts in training, whatever is paid.", top=1),
        per_domain(steps, "length", "Response length", "Tokens a response, the one that ends it too."),
        cut(steps),
        oracle_gap(steps),
        verdict_mix(steps),
        optimisation(steps),
        throughput(steps),
    )
    told = [replace(curves, columns={k: _finite(v) for k, v in curves.columns.items()}) for curves in every]
    return [curves for curves in told if any(v is not None for column in curves.columns.values() for v in column)]


def accuracy(held_out: Sequence[tuple[int, Mapping[str, Any]]]) -> Curves:
    """Held-out accuracy by domain, where it was measured on the way too; no column where it was not."""
    at = tuple(step for step, _ in held_out) if len(held_out) > 2 else ()
    found = [
        {row["domain"]: row["avg"]["value"] for row in scores["rows"] if row["domain"] == row["name"]}
        for _, scores in held_out
    ]
    columns = (
        {name: [one.get(name) for one in found] for name in _ordered({n for one in found for n in one})} if at else {}
    )
    about = "Mean score of the held-out problems, before, during and after training."
    return Curves("Held-out accuracy", about, at, columns, top=1)


def per_domain(steps: Steps, key: str, title: str, about: str, *, top: float | None = None) -> Curves:
    """One number by domain: each step thin, the mean of the last ten steps bold."""
    columns = {name: [s["domains"].get(name, {}).get(key) for s in steps] for name in domains(steps)}
    about += SMOOTHED
    return Curves(title, about, _at(steps), columns, smoothed=True, top=top)


def cut(steps: Steps) -> Curves:
    """Share of the responses that were cut at the longest length, by domain; no column where none was."""
    names = domains(steps) if any(d.get("cut") for s in steps for d in s["domains"].values()) else []
    rows = {name: [s["domains"].get(name, {}) for s in steps] for name in names}
    shares: dict[str, Column] = {
        name: [row["cut"] / row["rollouts"] if "cut" in row else None for row in found] for name, found in rows.items()
    }
    about = "Share of the responses that max_tokens cut." + SMOOTHED
    return Curves("Cut responses", about, _at(steps), shares, smoothed=True, top=1)


def oracle_gap(steps: Steps) -> Curves:
    """By how much more the verifier finds right than a second one, by domain, where a recipe has an `[oracle]`."""
    seen = [step for step in steps if step.get("oracle")]
    names = _ordered({name for step in seen for name in step["oracle"]})
    rows = {name: [step["oracle"].get(name, {}) for step in seen] for name in names}
    rang = {name: alarm_step(seen, name) for name in names}
    marks = {name: at for name, at in rang.items() if at is not None}
    about = (
        "Share of a sample of the responses that the verifier finds right, less that which the second one does, over "
        f"the last steps that hold {WINDOW} of them; the band is the 95\u00a0% interval, a dashed line the alarm."
    )
    told = [f"{name}: {gap_now(rows[name])}{f'; alarm at step {marks.get(name)}' * (name in marks)}." for name in names]
    return Curves(
        "Oracle gap",
        " ".join([about, *told]),
        _at(seen),
        {name: [row.get("gap") for row in rows[name]] for name in names},
        bands={name: (_end(rows[name], 0), _end(rows[name], 1)) for name in names},
        marks=marks,
    )


def _end(rows: Steps, end: int) -> list[float | None]:
    return [(row.get("interval") or (None, None))[end] for row in rows]


def alarm_step(steps: Steps, name: str) -> int | None:
    """The first step at which the oracle's alarm had rung for a domain."""
    return next((s["step"] for s in steps if s.get("oracle", {}).get(name, {}).get("alarm")), None)


def gap_now(rows: Sequence[Mapping[str, Any]]) -> str:
    """The last gap of a domain in words."""
    last = next((row for row in reversed(rows) if row.get("gap") is not None), None)
    if last is None:
        return "nothing was sampled yet"
    low, high = last["interval"]
    return (
        f"{100 * last['first']:.0f}\u00a0% right, {100 * last['second']:.0f}\u00a0% by the second verifier, a gap of "
        f"{100 * last['gap']:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
    )


def optimisation(steps: Steps) -> Curves:
    """Loss, learning rate, KL, clipping, entropy, gradient norm, and the share of groups without signal."""
    columns: dict[str, Column] = {
        "loss": [s.get("loss") for s in steps],
        "learning rate": [s.get("learning_rate") for s in steps],
        "KL to the starting policy": [s.get("kl") for s in steps],
        "share clipped": [s.get("clipped") for s in steps],
        "entropy (nats a token)": [s.get("entropy") for s in steps],
        "gradient norm": [s.get("grad_norm") for s in steps],
        "groups without signal": [_dead_share(s["domains"].values()) for s in steps],
    }
    about = (
        "A group whose verdicts all have one score has no signal: paid by them alone, GRPO and DPO learn nothing from "
        "it (GRPO where grpo.kl is 0). Entropy, and the share of tokens (of responses, where the ratio is that of a "
        "sequence) whose ratio was clipped, are of the responses that were learnt from; nothing is clipped where a "
        "generation serves one update. GRPO's loss on fresh samples does not say how good the policy is. The gradient's"
        " norm is that before it is scaled down."
    )
    if any(value is not None for value in columns["KL to the starting policy"]):
        about += " KL is estimated by k3 times the probability ratio."
    else:
        about += " KL was not measured; it is where grpo.kl is above 0."
    return Curves("Optimisation", about, _at(steps), columns)


def verdict_mix(steps: Steps) -> Curves:
    """Shares of the verdicts over training, stacked."""
    seen = [s for s in steps if s["domains"]]
    counts = [{v: sum(d["verdicts"].get(v, 0) for d in s["domains"].values()) for v in VERDICT_COLOURS} for s in seen]
    shares = {v: [count[v] / max(1, sum(count.values())) for count in counts] for v in VERDICT_COLOURS}
    about = (
        "Shares of all responses. Timeouts and errors enter no mean score and no advantage; their tokens are counted."
    )
    return Curves("Verdicts", about, _at(seen), shares, stacked=True, top=1)


def throughput(steps: Steps) -> Curves:
    """Responses and tokens a second, and how long a step took."""
    took = [s.get("seconds") or None for s in steps]
    said = [sum(d["rollouts"] for d in s["domains"].values()) for s in steps]
    tokens = [sum(d["rollouts"] * d["length"] for d in s["domains"].values()) for s in steps]
    columns: dict[str, Column] = {
        "seconds a step": took,
        "responses a second": [n / t if n and t else None for n, t in zip(said, took, strict=True)],
        "tokens a second": [n / t if n and t else None for n, t in zip(tokens, took, strict=True)],
    }
    about = (
        "Of training steps: sampling, judging and gradients, without the optimiser, checkpoints and held-out problems. "
    )
    about += "Tokens are those of responses."
    return Curves("Throughput", about, _at(steps), columns)


def domains(steps: Steps) -> list[str]:
    """The domains that training saw, in the usual order."""
    return _ordered({name for step in steps for name in step["domains"]})


def _ordered(names: set[str]) -> list[str]:
    return [name for name in DOMAIN_COLOURS if name in names] + sorted(names - set(DOMAIN_COLOURS))


def smooth(values: Sequence[float], window: int = 10) -> list[float]:
    """Mean of the last `window` values at each point.

    Example:
        >>> smooth([0, 1, 2], window=2)
        [0.0, 0.5, 1.5]
    """
    return [sum(values[max(0, i - window + 1) : i + 1]) / min(i + 1, window) for i in range(len(values))]


def _finite(column: Column) -> Column:
    """A column without what no chart shows: where a run diverges, its numbers are NaN."""
    return [value if value is not None and isfinite(value) else None for value in column]


def _at(steps: Steps) -> tuple[int, ...]:
    return tuple(s["step"] for s in steps)


def _dead_share(by_domain: Iterable[Mapping[str, Any]]) -> float | None:
    parts = [(d["dead_groups"], d["groups"]) for d in by_domain]
    groups = sum(of for _, of in parts)
    return sum(dead for dead, _ in parts) / groups if groups else None
