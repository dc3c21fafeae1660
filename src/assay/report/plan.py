"""What a recipe will do, in words, before it is done: what is read, sampled, trained and written, and for how long.

Looking at a recipe reads little: procedural sources draw nothing, and of real rows at most `LOOK` a source are counted.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from assay.config import Config, find_recipe, load_config, read_toml, shipped_recipes
from assay.corpus.store import MANIFEST, read_manifest
from assay.curate.alike import NearDuplicates
from assay.curate.difficulty import Difficulty
from assay.curate.forms import AnswerForm, Tagged
from assay.curate.quota import Quota
from assay.curate.recipe import CurationRecipe, PlainStep, Step
from assay.curate.substring import Substring
from assay.errors import BadConfig, BadRow, MissingData, counted, did_you_mean
from assay.evaluate.repeats import REPEATS
from assay.evaluate.suite import Suite, asked_with, find_suite, shipped_suites
from assay.judging.verifier import VERIFIERS
from assay.learn.arguments import synced
from assay.learn.experiment import Prepared
from assay.learn.head import HeadRecipe, Labelled
from assay.learn.recipe import Data, GrpoRecipe, Stage, ValuesRecipe, WarmupRecipe
from assay.learn.study import Ready
from assay.remote import is_remote
from assay.report.duration import curation_time, evaluation_time, training_time
from assay.rollout.measure import Way
from assay.sources.files import Real, from_hub
from assay.sources.own import HUB, entry_of, is_own
from assay.sources.procedural import SIZE, Procedural
from assay.sources.selection import Asked, Selection
from assay.types import Example

KINDS: dict[str, type[Config]] = {"warmup": WarmupRecipe, "head": HeadRecipe, "values": ValuesRecipe}
"""Recipes of a training by their method; any other is GRPO's."""
WIDTH = 79
"""Columns of a terminal."""
LOOK = 2_000
"""Rows of a real source that are counted."""
Line = tuple[str, str]
"""What is done, and to what: `("reads", "math/gsm8k (train): more than 2,000 rows")`."""


def find_config(name: str, overrides: list[str]) -> Config:
    """A recipe or a suite, by name or path, whatever its kind. Raises `BadConfig` where there is none."""
    suites = shipped_suites()
    if name in suites:
        return asked_with(find_suite(name), overrides)
    if name not in shipped_recipes() and not Path(name).is_file() and "/" not in name and not name.endswith(".toml"):
        raise BadConfig(f"no recipe or suite {name!r}{did_you_mean(name, {*shipped_recipes(), *suites})}")
    path = find_recipe(name)
    tree = read_toml(path)
    kind: type[Config] = CurationRecipe
    if "data" in tree or "method" in tree:
        kind = KINDS.get(str(tree.get("method")), GrpoRecipe)
    elif set(tree) & (set(Suite.model_fields) - set(CurationRecipe.model_fields)):
        kind = Suite
    return load_config(kind, path, overrides)


def home_of(config: Config, name: str) -> Path:
    """The directory that a recipe writes to where no other is named."""
    folder = {CurationRecipe: "corpora", Suite: "evals"}.get(type(config), "runs")
    return Path(folder) / Path(name).stem


def plan(
    config: Config,
    out: Path,
    data: Path | None = None,
    *,
    ready: Prepared | None = None,
    asked: list[Example] | None = None,
    model: str = "",
    repeat: int = 1,
    lacks: Iterable[str] = (),
    must: bool = False,
) -> list[Line]:
    """What would be done in `out`, line by line; of an evaluation, so many times.

    A training that is `ready`, and an evaluation whose problems are there (`asked` of a `model`), are told in the
    numbers of what was read; `lacks` names sources that are left out for want of rows. With `must`, rows that are not
    there raise `MissingData`; else their line says so.
    """
    look = _Look(data, must, isinstance(config, CurationRecipe) and not config.strict)
    if isinstance(config, CurationRecipe):
        lines, files, takes = _curation(config, look), "shards, ledger.jsonl", curation_time(config)
    elif isinstance(config, Suite):
        lines = _evaluation(config, look) if asked is None else _asked(config, asked, repeat)
        completions = repeat * config.completions(asked or ())
        files = "scores.json, rollouts/" if repeat == 1 else f"{REPEATS}, run-1/ to run-{repeat}/"
        takes = evaluation_time(config, model, completions, out)
    elif isinstance(config, WarmupRecipe):
        lines, files, takes = _warmup(config, look), "policy/", "tens of minutes for the shipped recipe on two cores"
    elif isinstance(config, HeadRecipe):
        lines, files, takes = _head(config, look), "head.json, report.json", "minutes on one core"
    elif isinstance(config, ValuesRecipe):
        lines, files, takes = _values(config), "verifier/, value.safetensors", "minutes for a small model on one core"
    else:
        assert isinstance(config, GrpoRecipe)
        lines, files, takes = _training(config, look, ready), "policy/, report.html", training_time(config, out)
    said = [*lines, ("writes", f"{out}: {files}"), ("takes", takes)]
    without = [("leaves out", f"for want of rows: {', '.join(lacks)}")] if lacks else []
    return [*said, *without, *([("lacks", look.missing)] if look.missing else [])]


def told(lines: Iterable[Line]) -> str:
    """The lines as text, in 80 columns where no word is longer."""
    wrap = partial(textwrap.fill, width=WIDTH, subsequent_indent=" " * 15, break_long_words=False)
    return "".join(f"{wrap(f'  {what:12} {said}', break_on_hyphens=False)}\n" for what, said in lines)


def tell_study(recipe: GrpoRecipe, out: Path, ready: Ready) -> str:
    """What a study would do, as text."""
    names = list(dict.fromkeys(arm.name for arm in ready.arms))
    seeds = {arm.seed for arm in ready.arms}
    each = f", each with {counted(len(seeds), 'seed')}" if len(seeds) > 1 else ""
    budgets = {arm.name: arm.steps for arm in ready.arms}
    uneven = f"  {'budgets':12} they differ, in steps: {', '.join(f'{n} {s}' for n, s in budgets.items())}\n"
    same = Prepared(ready.examples, ready.asked, ready.notes, [], {})
    lines = [
        line
        for line in plan(recipe, out, ready=same, must=True)
        if line[0] != "writes" and "again after" not in line[1]
    ]
    return (
        f"nothing is done; this would be:\n  {'measures':12} the base, and every run, on everything\n"
        f"  {'runs':12} {', '.join(names)}{each}\n{uneven if len(set(budgets.values())) > 1 else ''}"
        f"  {'writes':12} {out}: runs/, eval/, report.html\nand each run:\n{told(lines)}"
    ).rstrip()


@dataclass
class _Look:
    """How rows are looked at, and how many there are."""

    data: Path | None
    must: bool
    """Whether they must be there, and their verifiers too."""
    lenient: bool
    """Whether own rows that cannot be read are left out, as a curation does; else they raise, where they must be."""
    counts: list[int | None] = field(default_factory=list)
    """Of each source that was looked at; `None` where it is not known."""
    missing: str = ""
    """Why the first rows that are not there are not."""


def to_json(config: Config, lines: Iterable[Line]) -> dict[str, Any]:
    """A recipe in full, and the lines."""
    return {"recipe": config.model_dump(mode="json"), "plan": [{"what": what, "said": said} for what, said in lines]}


def _reads(
    what: str, chosen: Selection, split: str, look: _Look, seed: int = 0, most: int | None = None
) -> Iterator[Line]:
    part = chosen.split or split
    for name in chosen.names:
        shown = name if chosen.path else f"{name} ({part})"
        try:
            count, said = _rows(chosen, name, part, look, chosen.seed or seed, most)
            look.counts.append(count)
            yield what, f"{shown}: {said}"
            if isinstance(chosen, Asked) and chosen.shots:
                yield "", f"behind {counted(chosen.shots, 'solved problem')} of {chosen.shots_from}"
        except MissingData as missing:
            if look.must:
                raise
            look.counts.append(None)
            look.missing = look.missing or str(missing)
            yield what, f"{shown}: not there"


def _rows(chosen: Selection, name: str, part: str, look: _Look, seed: int, most: int | None) -> tuple[int | None, str]:
    """How many rows of a source are read, where that is known, and in words."""
    bad: list[BadRow] = []
    data = look.data
    source = chosen.source(name, None if look.must and not look.lenient else bad.append)
    limits = [limit for limit in (chosen.size, chosen.cap, most) if limit]
    if isinstance(source, Procedural):
        next(source.examples(part, size=1, seed=seed, level=chosen.level))
        made = min(limits, default=SIZE)
        return made, f"{counted(made, 'problem')}, made at level {chosen.level}"
    if isinstance(source, Real) and source.hub is None and from_hub(data):
        next(source.examples(part, data=data))  # says that it has no copy there
    if name.startswith(HUB) or from_hub(data):
        return None, "rows of the hub, fetched when it runs"
    judges = Counter(example.verifier for example in islice(source.examples(part, data=data, seed=seed), LOOK + 1))
    found = judges.total()
    for verifier in judges if look.must else ():
        VERIFIERS.get(verifier)
    if bad and not found:
        raise bad[0]
    there = counted(found, "row") if found <= LOOK else f"more than {LOOK:,} rows"
    there += f"; {len(bad):,} cannot be read, the first: {bad[0]}" if bad else ""
    count = min([*limits, found])
    if count > LOOK:
        return None, there
    return count, there if count == found else f"{count:,} of {there}"


def _curation(recipe: CurationRecipe, look: _Look) -> Iterator[Line]:
    for chosen in recipe.sources:
        yield from _reads("reads", chosen, "train", look, recipe.seed)
    for entry in recipe.without:
        name, split = entry_of(entry)
        chosen = Selection(path=name, verifier="text") if is_own(name) else Selection(name=name)
        splits = (split,) if split else chosen.source(name).splits
        for part in splits:
            yield from _reads("leaves out", chosen, part, look)
    for step in recipe.steps:
        yield from _drops(step, recipe)


def _drops(step: Step, recipe: CurationRecipe) -> Iterator[Line]:
    """What a step of a curation drops."""
    match step:
        case Substring():
            yield "drops", f"problems that stand inside longer ones ({', '.join(step.domains) or 'all domains'})"
        case NearDuplicates():
            yield "drops", "problems that repeat an earlier one in other words: same numbers and signs, same answer"
        case AnswerForm() | Tagged():
            given = {
                key: value for key, value in step if key not in ("name", "domains") and value not in (None, (), True)
            }
            where = ", ".join(step.domains) or "all domains"
            yield "drops", f"by {step.name} ({where}): {', '.join(f'{key} {value}' for key, value in given.items())}"
        case Difficulty():
            yield "drops", f"by difficulty: {step.samples} samples of {step.weak} and {step.strong}"
        case Quota():
            shares = ", ".join(f"{name} {weight:g}" for name, weight in step.shares.items()) or "equal shares"
            yield "keeps", f"at most {step.size:,} rows, by {step.by}: {shares}"
        case PlainStep():
            yield from _plainly(step.name, recipe)


def _plainly(name: str, recipe: CurationRecipe) -> Iterator[Line]:
    """What a step without parameters does."""
    if name == "length":
        yield "drops", f"problems under {recipe.min_prompt_chars:,} and over {recipe.max_prompt_chars:,} characters"
    if name == "readable":
        yield "drops", "references that their verifier cannot read"
    if name == "duplicates":
        yield "drops", "problems that came before with the same value"
        if recipe.on_conflict == "drop":
            yield "drops", "equal problems with different references"
    if name == "gold" and recipe.check_gold:
        yield "judges", "every gold response; what does not pass is dropped"


def _training(recipe: GrpoRecipe, look: _Look, ready: Prepared | None) -> Iterator[Line]:
    g = recipe.grpo
    yield "starts from", f"{recipe.model.path}, in {recipe.model.dtype}"
    yield from _learns(recipe.data, "train", look, recipe.seed, ready)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in recipe.data.domain_weights.items())
    yield "mixes", f"domains by weight: {weights}" if weights else "all domains in equal shares"
    if of_sources := ", ".join(f"{name} {weight:g}" for name, weight in recipe.data.source_weights.items()):
        yield "", f"sources of a domain by weight: {of_sources}"
    for number, stage in enumerate(recipe.stages, 1):
        yield f"stage {number}", _stage(stage)
    drawn = -(-g.steps // g.updates)
    each = f"{counted(g.group, 'response')} {_longest(g.max_tokens)}"
    yield "samples", f"{counted(g.prompts, 'problem')} x {each}, {counted(drawn, 'time')}"
    again = ", and other problems for groups without signal" if g.redraws else ""
    yield "", f"{counted(drawn * g.prompts * g.group, 'completion')} in all{again}"
    if recipe.dpo:
        pairs = "one pair" if recipe.dpo.pairs == "one" else "every pair"
        yield "prefers", f"the better response of {pairs} of a group, over the worse"
    if recipe.sft:
        yield "imitates", f"at most {counted(recipe.sft.per_problem, 'right response')} to each problem"
    if recipe.oracle:
        judged = ", ".join(f"{domain} by {name}" for domain, name in recipe.oracle.second.items())
        yield "judges again", f"{recipe.oracle.share:.0%} of responses: {judged}"
    if g.sync_every != 1:
        yield "answers", f"the problems of {counted(synced(g), 'step')} at once"
    yield "trains", f"{counted(g.steps, 'step')}, a checkpoint every {g.save_every}"
    if recipe.eval is None:
        off = "eval" in recipe.model_fields_set
        yield "measures", f"nothing: {'it is switched off (eval = false)' if off else 'the recipe has no [eval]'}"
        return
    yield from _evaluation(recipe.eval, look) if ready is None else _asked(recipe.eval, ready.asked)
    way = f", and every {counted(recipe.eval.every, 'step')} of it" if recipe.eval.every else ""
    yield "", f"before training, and again after it{way}"


def _stage(stage: Stage) -> str:
    """What holds in a stage, and what ends it."""
    ends = [f"{counted(stage.steps, 'step')} are over"] if stage.steps else []
    ends += [f"the mean score is {stage.until_reward:g}"] if stage.until_reward is not None else []
    ends += [f"responses have {stage.until_length:g} tokens"] if stage.until_length is not None else []
    holds = [f"{name} {weight:g}" for name, weight in stage.domain_weights.items()]
    holds += [_longest(stage.max_tokens)] if stage.max_tokens else []
    return f"{', '.join(holds) or 'as above'}; " + (f"until {' or '.join(ends)}" if ends else "to the end")


def _learns(chosen: Data, split: str, look: _Look, seed: int, ready: Prepared | None = None) -> Iterator[Line]:
    if ready is not None:
        yield "learns from", _domains(ready.examples)
        for note in ready.notes:
            yield ("leaves out", note.removeprefix("left out ")) if note.startswith("left out ") else ("note", note)
    elif chosen.corpus:
        there = not is_remote(chosen.corpus) and (Path(chosen.corpus) / MANIFEST).is_file()
        count = counted(read_manifest(Path(chosen.corpus))["examples"], "problem") if there else "not there yet"
        yield "learns from", f"{chosen.corpus}: {count}"
    for one in () if ready else chosen.sources:
        yield from _reads("learns from", one, split, look, seed)


def _warmup(recipe: WarmupRecipe, look: _Look) -> Iterator[Line]:
    tiny = recipe.tiny
    yield "makes", f"a Llama of {tiny.layers} layers, {tiny.hidden} wide, {tiny.vocabulary} tokens, from nothing"
    yield from _learns(recipe.data, "warmup", look, recipe.seed)
    for phase in recipe.warmup.phases:
        noise = f"; {phase.noise:.0%} of the demonstrations are wrong" if phase.noise else ""
        yield "trains", f"{counted(phase.steps, 'step')} of {recipe.warmup.batch} demonstrations{noise}"


def _head(recipe: HeadRecipe, look: _Look) -> Iterator[Line]:
    for entry in recipe.labelled:
        yield "learns from", f"{entry.path}: {_labelled(entry, look)}"
    for one in recipe.rewrites:
        yield from _reads("rewrites", one, "train", look, recipe.seed)
    yield "trains", f"{counted(recipe.hidden, 'hidden unit')} in {counted(recipe.epochs, 'epoch')}"


def _values(recipe: ValuesRecipe) -> Iterator[Line]:
    yield (
        "learns from",
        f"the verdicts of {recipe.run}{'' if Path(recipe.run).is_dir() else ', which is not there yet'}",
    )
    where = "every token" if recipe.every_token else "the last token"
    yield "trains", f"{recipe.model.path} and a head on it at {where}, in {counted(recipe.epochs, 'epoch')}"


def _labelled(entry: Labelled, look: _Look) -> str:
    try:
        return counted(sum(1 for _ in entry.rows(look.data)), "labelled response")
    except MissingData as missing:
        if look.must:
            raise
        look.missing = look.missing or str(missing)
        return "not there yet"


def _evaluation(suite: Suite, look: _Look) -> Iterator[Line]:
    look.counts.clear()
    for chosen in suite.sources:
        yield from _reads("asks", chosen, "test", look, suite.seed, suite.size)
    yield _sampled(suite)
    known = [count for count in look.counts if count is not None]
    if len(known) == len(look.counts):
        each = [suite.ways.get(n, Way(suite.samples, suite.sampling)).samples for t in suite.sources for n in t.names]
        total = sum(count * samples for count, samples in zip(known, each, strict=True))
        yield "", f"{counted(total, 'completion')} in all"


def _asked(suite: Suite, asked: list[Example], repeat: int = 1) -> Iterator[Line]:
    """The same in numbers, for problems that were read and are asked `repeat` times."""
    yield "asks", _domains(asked)
    yield _sampled(suite)
    runs = f", in {repeat} runs by other seeds" if repeat > 1 else ""
    yield "", f"{counted(repeat * suite.completions(asked), 'completion')} in all{runs}"


def _sampled(suite: Suite) -> Line:
    greedy = " (greedy)" if suite.temperature == 0 else ""
    how = f"{_longest(suite.max_tokens)}, at temperature {suite.temperature:g}{greedy}"
    own = f"; {counted(len(suite.ways), 'source')} in another way" if suite.ways else ""
    return "samples", f"{counted(suite.samples, 'response')} to each, {how}{own}"


def _longest(tokens: int) -> str:
    return f"of at most {counted(tokens, 'token')}"


def _domains(examples: list[Example]) -> str:
    counts = Counter(example.domain for example in examples)
    parts = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    return f"{counted(len(examples), 'problem')}: {parts}"
