"""Search step by step, led by a verifier of steps and one of whole answers, within a budget of the generator's tokens.

`tree_search` is CoRe's (arXiv 2210.16257): a child is chosen by value and visits, a new step is worth what the step
verifier says of it at once, the answer that is rolled out from it what the path verifier says, and both are carried
back to all steps before. `best_first` opens the most valued open step (as Llemma's prover does, arXiv 2310.10631). A
step is what an engine says up to the end of a line, after the problem and the steps so far; verifiers see these, and
never a reference.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from math import sqrt

from assay.models.engine import Engine, Sampling, generate
from assay.types import Message, hashed_seed

Steps = tuple[str, ...]
Value = Callable[[Steps], float]
"""What steps are worth so far, or a whole answer, in [0, 1]."""


@dataclass(frozen=True)
class Path:
    """A whole answer."""

    steps: Steps
    value: float


@dataclass
class Searched:
    """What a search found."""

    paths: list[Path] = field(default_factory=list)
    """In the order in which they were found."""
    tokens: int = 0
    """Of the generator, prompts apart."""

    @property
    def best(self) -> Path | None:
        """The most valued answer, the first of equal ones; none where the budget ended before any answer."""
        return max(self.paths, key=lambda path: path.value, default=None)


@dataclass
class _Node:
    steps: Steps
    parent: _Node | None = None
    children: list[_Node] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    prior: float = 0.0

    def score(self, child: _Node, explore: float) -> float:
        """What decides which child is gone into: Q/N + c p sqrt(N of the parent) / (1 + N)."""
        mean = child.total / child.visits if child.visits else 0.0
        return mean + explore * child.prior * sqrt(self.visits) / (1 + child.visits)

    def carry(self, reward: float, decay: float) -> None:
        """Enter a reward here and, ever less, in all steps before."""
        node: _Node | None = self
        while node is not None:
            node.visits, node.total = node.visits + 1, node.total + reward
            node, reward = node.parent, reward * decay


class Generator:
    """What an engine says after a problem and some steps, counted in tokens."""

    def __init__(self, engine: Engine, prompt: Sequence[Message], sampling: Sampling) -> None:
        self.engine, self.prompt, self.sampling = engine, tuple(prompt), sampling
        self.tokens, self._asked = 0, count()

    def step(self, steps: Steps) -> str:
        """The next step."""
        return self._say(steps, replace(self.sampling, stop=("\n",)))

    def rest(self, steps: Steps) -> Steps:
        """All steps to the end."""
        return (*steps, *self._say(steps, self.sampling).splitlines())

    def _say(self, steps: Steps, sampling: Sampling) -> str:
        *before, last = self.prompt
        asked = replace(last, content="\n".join((last.content, *steps, "")))
        said = generate(self.engine, [(*before, asked)], 1, sampling, first=next(self._asked))[0][0]
        self.tokens += max(1, len(said.token_ids) or said.tokens)
        return said.text


def tree_search(
    engine: Engine,
    prompt: Sequence[Message],
    *,
    step: Value,
    path: Value,
    is_whole: Callable[[Steps], bool],
    tokens: int,
    sampling: Sampling | None = None,
    width: int = 4,
    explore: float = 0.3,
    alpha: float = 0.5,
    decay: float = 0.9,
    least: float = 0.5,
    seed: int = 0,
) -> Searched:
    """Whole answers, found until the generator has used so many `tokens`.

    Behind a step with n of at most `width` next ones (ten behind the problem) a new one is tried with a chance of
    1 / (n + 1), else the best is gone into. From one that is worth at least `least` an answer is rolled out; `alpha` is
    what the step's own value counts beside that, above 0, and `decay` what is left of a reward one step before. An
    engine that tells no tokens is counted by completions.
    """
    generator, found, root = Generator(engine, prompt, sampling or Sampling()), Searched(), _Node(())
    rng = random.Random(hashed_seed("search", seed))
    while generator.tokens < tokens:
        node = root
        while node.children and (
            len(node.children) >= (width if node.parent else 10) or rng.random() * (len(node.children) + 1) > 1
        ):
            scores = [node.score(child, explore) for child in node.children]
            node = node.children[scores.index(max(scores))]
        after = (*node.steps, generator.step(node.steps))
        reward, ended = alpha * step(after), is_whole(after)
        child = node if ended else _Node(after, node, prior=reward / alpha)
        if ended or child.prior >= least:
            whole = after if ended else generator.rest(after)
            found.paths.append(Path(whole, path(whole)))
            reward += (1 - alpha) * found.paths[-1].value
        if not ended:
            node.children.append(child)
        child.carry(reward, decay)
    found.tokens = generator.tokens
    return found


def best_of_n(
    engine: Engine, prompt: Sequence[Message], *, path: Value, tokens: int, sampling: Sampling | None = None
) -> Searched:
    """Whole answers, each from the start, until the generator has used so many `tokens`: what a search is held to."""
    generator, found = Generator(engine, prompt, sampling or Sampling()), Searched()
    while generator.tokens < tokens:
        whole = generator.rest(())
        found.paths.append(Path(whole, path(whole)))
    found.tokens = generator.tokens
    return found


def best_first(
    engine: Engine,
    prompt: Sequence[Message],
    *,
    value: Value,
    is_whole: Callable[[Steps], bool],
    nodes: int,
    width: int = 4,
    sampling: Sampling | None = None,
) -> Searched:
    """Open the most valued open step, `width` new ones at a time, until one is a whole answer or `nodes` are open."""
    generator, found, order = Generator(engine, prompt, sampling or Sampling()), Searched(), count()
    waiting: list[tuple[float, int, Steps]] = [(0.0, next(order), ())]
    seen: set[Steps] = {()}
    while waiting and len(seen) <= nodes and not found.paths:
        _, _, steps = heapq.heappop(waiting)
        if steps and is_whole(steps):
            found.paths.append(Path(steps, value(steps)))
            break
        for _ in range(width):
            after = (*steps, generator.step(steps))
            if after not in seen:
                seen.add(after)
                heapq.heappush(waiting, (-value(after), next(order), after))
    found.tokens = generator.tokens
    return found
