"""Examples of any domain with constraints on how they are answered (MathIF, arXiv 2505.14810, section 3).

A constrained Example keeps its verifier, so that its answer is judged as before; what was asked besides stands under
`extra["instructions"]` as a reference of the verifier `instructions`, and `assay.rollout.constrained` judges both.
Arguments are drawn from hashed seeds: the same Example, names and seed give the same constraints on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Any, NamedTuple

from assay.errors import AssayError, UnknownName
from assay.instructions.constraints import MATHIF, known
from assay.instructions.sentences import contains_word, runs
from assay.rollout.constrained import INSTRUCTIONS
from assay.types import Example, hashed_seed
from assay.verifiers.instructions import follow

Arguments = Mapping[str, Any]
TRIES = 200
"""Draws of names before it is said that no set of them fits an Example."""
_KEYWORDS = (
    "note since because hence total value result first second next check given find equal count step whole part "
    "problem solution question therefore together remain compare simple formula unit number amount finally"
)
WORDS = _KEYWORDS.split()
"""Words that a solution may use or avoid."""
LANGUAGES = {"de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "ru": "Russian"}
ENDINGS = ("Any other questions?", "Is there anything else I can help with?")


class Constraint(NamedTuple):
    """How one type is worded and how its arguments are drawn."""

    wording: str
    """With a field for each argument."""
    draw: Callable[[Random, str], Arguments] = lambda rng, prompt: {}


def _bound(rng: Random) -> str:
    return rng.choice(("at least", "less than"))


CONSTRAINTS: Mapping[str, Constraint] = {
    "length_constraints:number_words": Constraint(
        "Answer with {relation} {num_words} words.",
        lambda rng, prompt: {"relation": _bound(rng), "num_words": rng.randrange(128, 1025)},
    ),
    "language:response_language": Constraint(
        "Your answer should be in {language}; no other language is allowed.",
        lambda rng, prompt: {"language": rng.choice(list(LANGUAGES))},
    ),
    "keywords:existence": Constraint(
        "Include the keywords {keywords} in your response.", lambda rng, prompt: {"keywords": rng.sample(WORDS, 2)}
    ),
    "keywords:frequency": Constraint(
        'The word "{keyword}" should appear {relation} {frequency} times in your response.',
        lambda rng, prompt: {"keyword": rng.choice(WORDS), "relation": _bound(rng), "frequency": rng.randrange(2, 5)},
    ),
    "keywords:forbidden_words": Constraint(
        "Do not use the words {forbidden_words} in your response.",
        lambda rng, prompt: {"forbidden_words": rng.sample(WORDS, 2)},
    ),
    "detectable_format:number_bullet_lists": Constraint(
        "Your answer must contain exactly {num_bullets} bullet points in Markdown, such as:\n* This is a point.",
        lambda rng, prompt: {"num_bullets": rng.randrange(2, 6)},
    ),
    "detectable_format:number_highlighted_sections": Constraint(
        "Highlight at least {num_highlights} parts of your answer with Markdown, such as *highlighted part*.",
        lambda rng, prompt: {"num_highlights": rng.randrange(1, 5)},
    ),
    "detectable_format:multiple_sections": Constraint(
        "Your response must have {num_sections} sections. Begin each with {section_spliter} X, such as:\n"
        "{section_spliter} 1\n[content of section 1]\n{section_spliter} 2\n[content of section 2]",
        lambda rng, prompt: {
            "section_spliter": rng.choice(("Section", "SECTION")),
            "num_sections": rng.randrange(2, 6),
        },
    ),
    "change_case:capital_word_frequency": Constraint(
        "Words in all capital letters should appear {capital_relation} {capital_frequency} times in your response.",
        lambda rng, prompt: {"capital_relation": _bound(rng), "capital_frequency": rng.randrange(2, 21)},
    ),
    "change_case:english_capital": Constraint("Your entire response should be in English, in all capital letters."),
    "change_case:english_lowercase": Constraint(
        "Your entire response should be in English, in all lowercase letters. No capital letters are allowed."
    ),
    "punctuation:no_comma": Constraint("Do not use any commas in your entire response."),
    "combination:repeat_prompt": Constraint(
        "First repeat the request word for word, without change and with nothing before it, then give your answer. The "
        "request that you repeat ends before this sentence.",
        lambda rng, prompt: {"prompt_to_repeat": prompt},
    ),
    "startend:end_checker": Constraint(
        'Finish your response with exactly this phrase: "{end_phrase}" No other words should follow it.',
        lambda rng, prompt: {"end_phrase": rng.choice(ENDINGS)},
    ),
    "startend:quotation": Constraint("Wrap your entire response in double quotation marks."),
}
"""Our name of each of MathIF's 15 types -> how it is put."""
_CAPITAL, _LOWER, _CAPITALS = (
    f"change_case:{name}" for name in ("english_capital", "english_lowercase", "capital_word_frequency")
)
_LANGUAGE, _REPEAT = "language:response_language", "combination:repeat_prompt"
_ENGLISH = (
    _CAPITAL,
    _LOWER,
    _REPEAT,
    "keywords:existence",
    "keywords:frequency",
    "keywords:forbidden_words",
    "detectable_format:multiple_sections",
    "startend:end_checker",
)
CLASHES: frozenset[frozenset[str]] = frozenset(
    {
        *(frozenset({_LANGUAGE, name}) for name in _ENGLISH),
        *(frozenset(pair) for pair in combinations((_CAPITAL, _LOWER, _CAPITALS), 2)),
        *(frozenset({_REPEAT, name}) for name in (_CAPITAL, _LOWER, _CAPITALS, "startend:quotation")),
        *(frozenset({"detectable_format:multiple_sections", name}) for name in (_CAPITAL, _LOWER)),
        *(frozenset({name}) for names in MATHIF.values() for name in names if name != "keywords:frequency"),
    }
)
"""Pairs of types that one response cannot, or can hardly, follow together; a set of one is a type asked twice."""


def constrain(
    example: Example, names: Sequence[str], *, seed: int = 0, arguments: Sequence[Arguments | None] | None = None
) -> Example:
    """The Example as it is asked, with constraints added to its last user turn.

    `arguments` are drawn where they are not given. Gold response and pass rates go, since they are of another prompt.
    Raises `UnknownName` for a type that MathIF has not, and `AssayError` for types that exclude each other.
    """
    turns = example.asked
    turn = max((n for n, message in enumerate(turns) if message.role == "user"), default=len(turns) - 1)
    prompt = turns[turn].content
    ours = [known(name) for name in names]
    if not ours:
        raise AssayError("name at least one constraint")
    for name in ours:
        if name not in CONSTRAINTS:
            raise UnknownName("constraint", name, CONSTRAINTS)
    rngs = [Random(hashed_seed("constrain", seed, example.id, place, name)) for place, name in enumerate(ours)]
    drawn = [dict(CONSTRAINTS[name].draw(rng, prompt)) for name, rng in zip(ours, rngs, strict=True)]
    wanted = drawn if arguments is None else [dict(given or {}) for given in arguments]
    reference = {"instruction_id_list": ours, "kwargs": wanted}
    follow("", reference)
    if clash := next(_clashes(ours, wanted, prompt), None):
        raise AssayError(f"these constraints exclude each other: {clash}")
    asked = "\n".join(_worded(name, given) for name, given in zip(ours, wanted, strict=True))
    return replace(
        example,
        prompt=(*turns[:turn], replace(turns[turn], content=f"{prompt}\n\n{asked}"), *turns[turn + 1 :]),
        template="",
        gold=None,
        pass_rates={},
        tags=(*example.tags, f"constraints:{len(ours)}"),
        lineage=(*example.lineage, f"constrain:{example.id}:{seed}"),
        extra={**example.extra, INSTRUCTIONS: reference},
    )


def constrained(examples: Sequence[Example], count: int, *, seed: int = 0) -> list[Example]:
    """Each Example with `count` constraints that fit together, drawn anew for each (1, 2 and 3 are MathIF's levels)."""
    return [_draw(example, count, seed) for example in examples]


def _draw(example: Example, count: int, seed: int) -> Example:
    rng = Random(hashed_seed("constraints", seed, example.id, count))
    for _ in range(TRIES):
        try:
            return constrain(example, rng.sample(list(CONSTRAINTS), count), seed=seed)
        except AssayError as clash:
            last = clash
    raise AssayError(f"no {count} constraints that fit together were found for {example.id}: {last}")


def _worded(name: str, given: Arguments) -> str:
    shown = {
        key: ", ".join(f'"{word}"' for word in value) if isinstance(value, list) else value
        for key, value in given.items()
    }
    if name == _LANGUAGE:
        shown["language"] = LANGUAGES.get(given["language"], given["language"])
    return CONSTRAINTS[name].wording.format(**shown)


def _clashes(names: Sequence[str], wanted: Sequence[Arguments], prompt: str) -> Iterator[str]:
    for a, b in combinations(names, 2):
        if frozenset((a, b)) in CLASHES:
            yield f"{a} and {b}" if a != b else f"{a} twice"
    given = list(zip(names, wanted, strict=True))
    forbidden = [word for name, args in given if name.endswith("forbidden_words") for word in args["forbidden_words"]]
    needed = [text for name, args in given for text in _needed(name, args)]
    for text in needed:
        if "punctuation:no_comma" in names and "," in text:
            yield f"punctuation:no_comma and the comma in {text[:60]!r}"
        for word in forbidden:
            if contains_word(text, word):
                yield f"the forbidden word {word!r} and {text[:60]!r}"
    for name, args in given:
        yield from _too_much(name, args, needed)


def _needed(name: str, given: Arguments) -> list[str]:
    """Texts that a response has to hold."""
    if name == "keywords:existence":
        return list(given["keywords"])
    if name == "keywords:frequency":
        return [" ".join([given["keyword"]] * given["frequency"])] if given["relation"] == "at least" else []
    return [given[key] for key in ("prompt_to_repeat", "end_phrase") if key in given]


def _too_much(name: str, given: Arguments, needed: Sequence[str]) -> Iterator[str]:
    """Upper limits that the needed texts alone already reach."""
    if given.get("relation") != "less than":
        return
    if name == "length_constraints:number_words":
        held, limit = max((len(runs(text)) for text in needed), default=0), given["num_words"]
    else:
        held, limit = (
            max((text.lower().count(given["keyword"].lower()) for text in needed), default=0),
            given["frequency"],
        )
    if held >= limit:
        yield f"{name} less than {limit} and a text to be said that has {held}"
