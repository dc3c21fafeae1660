"""What a page says of a training in sentences: what was trained, and what to distrust of what it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import counted
from assay.report.curves import domains
from assay.report.summary import listed, percent

Steps = Sequence[Mapping[str, Any]]
FEW, MANY = 0.02, 0.5
"""Shares from which on responses that do not count, and what teaches nothing or is cut, are told of."""
LAST = 10
"""Steps at the end of a training that a share is taken over."""


def trained(recipe: Mapping[str, Any], steps: Steps) -> list[str]:
    """What is trained, on what, how, and what is paid; nothing where the recipe is not known."""
    g = recipe.get("grpo", {})
    if "prompts" not in g:
        return []
    parts = " (low-rank updates alone)" * bool(recipe.get("lora"))
    if last := recipe.get("model", {}).get("last_layers"):
        parts = f" (its last {counted(last, 'block')} alone)"
    seen = f" on problems of {listed(domains(steps))}" if domains(steps) else ""
    told = [
        f"{recipe.get('model', {}).get('path', 'A policy')}{parts}: trained{seen} by {_method(recipe)}, "
        f"for {f'{len(steps):,} of ' * (len(steps) < g['steps'])}{counted(g['steps'], 'optimiser step')}.",
        f"A step: {counted(g['prompts'], 'problem')}, {counted(g['group'], 'response')} to each of at most "
        f"{counted(g['max_tokens'], 'token')}, learning rate {g['learning_rate']:g}.",
    ]
    return [*told, _learnt_from(recipe["sft"]) if recipe.get("sft") is not None else _paid(recipe.get("reward", {}))]


def _method(recipe: Mapping[str, Any]) -> str:
    if recipe.get("dpo") is not None:
        return "DPO on better and worse responses of its own"
    return "supervised learning from its own right responses" if recipe.get("sft") is not None else "GRPO"


def _learnt_from(sft: Mapping[str, Any]) -> str:
    return f"Learnt from are right responses, at most {sft.get('per_problem', 1)} a problem; nothing is paid."


def _paid(reward: Mapping[str, Any]) -> str:
    match reward.get("control", "none"):
        case "none":
            paid = "Paid is the verdict of each problem's verifier"
        case "random":
            paid = "Paid is a fair coin instead of the verdict"
        case control:
            paid = f"Paid is “{control}” instead of the verdict"
    terms = _on_top(reward)
    return f"{paid}{f', and on top {listed(terms)}' if terms else ''}."


def _on_top(reward: Mapping[str, Any]) -> list[str]:
    return [name for name in ("format", "overlong") if reward.get(name)]


def distrust(
    recipe: Mapping[str, Any],
    steps: Steps,
    scores: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    controlled: bool = False,
) -> list[str]:
    """What the numbers of a training do not say. `scores` and `before` are those of held-out problems; `controlled` is
    whether the page shows what another reward gave."""
    told = []
    if recipe.get("eval") is None:
        told.append("No held-out problems are asked: rewards of training alone do not show what was learnt.")
    else:
        once = "It was trained once, and intervals speak of other problems, not of another seed."
        asks = " What being trained at all would give, whatever is paid, the same recipe with --controls shows."
        told.append(once if controlled else once + asks)
    reward = recipe.get("reward", {})
    if reward.get("control", "none") != "none":
        told.append("Scores and advantages shown here are the verdicts’; what was paid instead is not shown.")
    elif _on_top(reward):
        told.append("Scores and advantages shown here are the verdicts’, without what is paid on top.")
    told += _sharpened(before, scores, changes or {}) if before and scores else []
    return told + _lost(steps) + (_without_signal(steps) if _by_verdict_alone(recipe) else [])


def _sharpened(before: Mapping[str, Any], after: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Where the average clearly rose while no more problems are solved at all."""
    was, now = ({row["name"]: row for row in scores["rows"]} for scores in (before, after))
    told = []
    for name, row in now.items():
        k = max((int(k) for k in row["passes"]), default=1)
        if k < 2 or row["domain"] != name or name not in was or str(k) not in was[name]["passes"]:
            continue
        rose = name in changes and changes[name]["low"] > 0
        more = row["passes"][str(k)]["value"] > was[name]["passes"][str(k)]["value"]
        told += [name] if rose and not more else []
    if not told:
        return []
    return [
        f"In {listed(told)} the average rose clearly while pass@k did not: more samples are right, of no more "
        "problems. That suggests a sharper policy rather than one that can do more."
    ]


def _lost(steps: Steps) -> list[str]:
    """What of the responses never counted."""
    verdicts: Counter[str] = Counter()
    for step in steps:
        for one in step["domains"].values():
            verdicts.update(one["verdicts"])
    every = max(1, verdicts.total())
    lost = {name: verdicts[name] / every for name in ("timeout", "error")}
    if sum(lost.values()) < FEW:
        return []
    parts = " and ".join(f"{percent(share)} % {name}" for name, share in lost.items() if share)
    return [f"Of the responses in training {parts}: they are in no mean score, so what is left may be the easier part."]


def _by_verdict_alone(recipe: Mapping[str, Any]) -> bool:
    """Whether a group whose verdicts are alike teaches nothing: GRPO or DPO, and nothing else has a gradient."""
    reward = recipe.get("reward", {})
    otherwise = reward.get("control", "none") != "none" or _on_top(reward) or recipe.get("grpo", {}).get("kl")
    return not otherwise and recipe.get("sft") is None


def _without_signal(steps: Steps) -> list[str]:
    """Whether half of the groups of late taught nothing."""
    dead = [(one["dead_groups"], one["groups"]) for step in steps[-LAST:] for one in step["domains"].values()]
    share = sum(count for count, _ in dead) / max(1, sum(of for _, of in dead))
    if share < MANY:
        return []
    late = counted(len(steps[-LAST:]), "step")
    return [f"In the last {late} {percent(share)} % of the groups were judged all alike and taught nothing."]
