"""Graders as other trainers call theirs: all accept a response that holds the reference."""


def text(completions, solution, **kwargs):
    """TRL's, of plain text."""
    return [float(s in c) for c, s in zip(completions, solution, strict=True)]


def chat(prompts, completions: list[list[dict]], answer) -> list[float | None]:
    """TRL's, of messages; it skips what is empty."""
    return [float(a in c[0]["content"]) if c[0]["content"] else None for c, a in zip(completions, answer, strict=True)]


def plain_chat(completions, **kwargs):
    return [float(g in c[0]["content"]) for c, g in zip(completions, kwargs["gold"], strict=True)]


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    """verl's."""
    return {"score": float(ground_truth in solution_str and data_source in ("", "mine")), "acc": 1.0}


async def rubric(completion, answer, state, **kwargs):
    """A rubric's."""
    return 1.0 if answer in completion[-1]["content"] and state["prompt"] else 0.0


def two_columns(completions, gold, silver):
    return [0.0]
