"""Search led by verifiers, and answers that are mended or helped by programs."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise

import pytest

import assay
from assay.evaluate.repair import FINAL, Repaired, repair, with_tools, yields
from assay.evaluate.search import _Node, best_first, best_of_n, tree_search
from assay.models.engine import Completion, Request, Sampling
from assay.types import Message, Verdict

ASKED = [Message("user", "go")]


class Says:
    """An engine that says what a function makes of the turns and the number of the sample."""

    name, fingerprint = "says", "says-1"

    def __init__(self, said: Callable[[tuple[Message, ...], int, Sampling], str]) -> None:
        self.said, self.asked = said, []

    async def stream(self, requests: Sequence[Request], sampling: Sampling) -> AsyncIterator[Completion]:
        for request in requests:
            self.asked.append(request)
            yield Completion(self.said(request.prompt, request.sample, sampling), request=request.id)


def letters(turns: tuple[Message, ...], sample: int, sampling: Sampling) -> str:
    """The letters of four steps, one after another: a different one each time it is asked."""
    steps = len(turns[-1].content.split("\n")[1:-1])
    rest = ["abc"[(sample + place) % 3] for place in range(steps, 4)]
    return "\n".join(rest[:1] if sampling.stop else rest)


def test_a_child_is_chosen_by_the_published_formula() -> None:
    parent = _Node((), visits=4)
    assert parent.score(_Node(("a",), visits=1, total=0.5, prior=0.6), 0.5) == pytest.approx(0.5 + 0.5 * 0.6 * 2 / 2)
    assert parent.score(_Node(("b",), prior=0.6), 0.5) == pytest.approx(0.5 * 0.6 * 2)


def test_a_reward_is_carried_back_with_decay() -> None:
    root = _Node(())
    child = _Node(("a",), root)
    leaf = _Node(("a", "b"), child)
    leaf.carry(1.0, 0.5)
    assert [(node.visits, node.total) for node in (leaf, child, root)] == [(1, 1.0), (1, 0.5), (1, 0.25)]


def test_both_keep_the_budget_and_give_whole_answers() -> None:
    def share(steps: tuple[str, ...]) -> float:
        return steps.count("a") / len(steps)

    engine = Says(letters)
    found = tree_search(engine, ASKED, step=share, path=share, is_whole=lambda steps: len(steps) == 4, tokens=60)
    assert 60 <= found.tokens <= 61 and len(engine.asked) == found.tokens  # an engine that tells no tokens
    assert found.best is not None and found.best.value == max(path.value for path in found.paths) > 0.5
    assert all(len(path.steps) == 4 for path in found.paths)
    again = tree_search(Says(letters), ASKED, step=share, path=share, is_whole=lambda s: len(s) == 4, tokens=60)
    assert again.paths == found.paths
    assert len(best_of_n(Says(letters), ASKED, path=share, tokens=7).paths) == 7


def test_a_prover_that_rewrites_finds_its_goal_by_the_best_open_step() -> None:
    """A toy prover: from 1 to 22 by doubling and adding one; a step is valued by how near it comes."""

    def rewrite(turns: tuple[Message, ...], sample: int, _: Sampling) -> str:
        steps = turns[-1].content.split("\n")[1:-1]
        number = int(steps[-1]) if steps else 1
        return str(number * 2 if sample % 2 else number + 1)

    def near(steps: tuple[str, ...]) -> float:
        return 1 / (1 + abs(22 - int(steps[-1])))

    found = best_first(Says(rewrite), ASKED, value=near, is_whole=lambda s: s[-1] == "22", nodes=60, width=2)
    assert found.best is not None
    numbers = [1, *map(int, found.best.steps)]
    assert numbers[-1] == 22 and all(b in (a + 1, 2 * a) for a, b in pairwise(numbers))
    assert not best_first(Says(rewrite), ASKED, value=near, is_whole=lambda s: False, nodes=9, width=2).paths


# --- repair ----------------------------------------------------------------------------------------------------------

COMPILES = assay.Example(prompt="Write it.", reference=None, verifier="py_compile")
FAULTS = [set(), {"syntax"}, {"meaning"}, {"syntax", "meaning"}]


def writer(faults: set[str]) -> Says:
    """Leaves out a colon until it sees what the compiler says, and doubles wrongly until it sees the critic's word."""

    def said(turns: tuple[Message, ...], *_: object) -> str:
        seen = turns[-1].content if len(turns) > 1 else ""
        last = turns[-2].content if len(turns) > 1 else ""
        colon = "" if "syntax" in faults and "expected ':'" not in seen and "):" not in last else ":"
        wrong = "meaning" in faults and "doubles" not in seen
        return f"```python\ndef f(x){colon}\n    return x + {'1' if wrong else 'x'}\n```"

    return Says(said)


def critic(response: str) -> Verdict:
    return Verdict.of("x + x" in response, why="it doubles nothing")


def compiles(response: str) -> Verdict:
    return assay.verify(COMPILES, response)


def repaired(attempts: int, *, look: bool) -> list[Repaired]:
    return [
        repair(writer(faults), ASKED, checker=compiles, critic=critic if look else None, attempts=attempts)
        for faults in FAULTS
    ]


def right(made: list[Repaired]) -> float:
    """The share that is right: it compiles, and the critic would pass it."""
    last = [one.tries[-1].response for one in made]
    return sum(compiles(text).is_correct and critic(text).is_correct for text in last) / len(last)


def test_one_try_is_worse_than_a_checker_and_that_than_a_checker_and_a_critic() -> None:
    """Exact yields: of four writers one errs nowhere, one in syntax, one in meaning, one in both."""
    assert right(repaired(1, look=False)) == 1 / 4
    assert right(repaired(3, look=False)) == 2 / 4
    both = repaired(3, look=True)
    assert right(both) == 1.0 and yields(both, 3) == [1 / 4, 3 / 4, 1.0]
    assert [[one.by for one in made.tries] for made in both][3] == ["checker", "critic", "critic"]


def test_what_our_side_fails_to_judge_is_not_asked_again() -> None:
    made = repair(writer(set()), ASKED, checker=lambda _: Verdict.error("the compiler is gone"))
    assert len(made.tries) == 1 and not made.passed


# --- tools -----------------------------------------------------------------------------------------------------------


def test_a_final_answer_is_asked_for_exactly_once_where_the_turns_are_used_up() -> None:
    def stubborn(turns: tuple[Message, ...], *_: object) -> str:
        return "The answer is 3." if FINAL in turns[-1].content else "RUN 1 + 2"

    def program(response: str) -> str | None:
        return found[1] if (found := re.search(r"RUN (.*)", response)) else None

    engine = Says(stubborn)
    made = with_tools(engine, ASKED, program=program, run=lambda text: f"{text} = 3", turns=2)
    assert made.forced and made.response == "The answer is 3." and len(engine.asked) == 3
    assert sum(FINAL in turn.content for turn in made.turns) == 1
    early = with_tools(Says(lambda turns, *_: "RUN 1" if len(turns) == 1 else "3"), ASKED, program=program, run=str)
    assert not early.forced and [turn.content for turn in early.turns] == ["go", "RUN 1", "1", "3"]
