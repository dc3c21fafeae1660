"""IFEval instructions: the cases, hostile responses, and agreement with the official strict and loose labels."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.instructions.constraints import CHECKS, known
from assay.instructions.language import detect, written_in
from assay.instructions.punkt import split
from assay.instructions.sentences import sentences
from assay.instructions.treebank import tokens
from assay.judging.session import verify
from assay.types import Example, Status
from assay.verifiers.instructions import follow
from realdata import rows

ROOT = Path(__file__).parents[2]
CASES = [json.loads(line) for line in (ROOT / "tests/cases/instructions.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['why']}")
def test_case(case: dict[str, Any]) -> None:
    example = Example(prompt="Do it.", reference=case["reference"], verifier="instructions", params=case["params"])
    verdict = verify(example, case["response"])
    assert verdict.status == case["expected"], verdict
    assert (verdict.score is None) == (verdict.status is Status.ERROR)


def test_every_type_has_a_right_and_a_wrong_case() -> None:
    for name in CHECKS:
        said = {
            c["expected"] for c in CASES if [known(n) for n in c["reference"].get("instruction_id_list", ())] == [name]
        }
        assert {"correct", "incorrect"} <= said, name


GIVEN = {
    "keywords": ["a"],
    "keyword": "a",
    "relation": "at least",
    "forbidden_words": ["b"],
    "letter": "a",
    "let_relation": "at least",
    "capital_relation": "at least",
    "language": "de",
    "postscript_marker": "P.P.S",
    "section_spliter": "Section",
    "first_word": "a",
    "prompt_to_repeat": "a",
    "end_phrase": "a",
    "reference_text": "a b c d",
    "word": "a",
    "sep": "-",
    "options": "yes/no",
} | {f"keyword{number}": "a" for number in range(1, 6)}
ALL = {
    "instruction_id_list": list(CHECKS),
    "kwargs": [{key: GIVEN.get(key, 3) for key in check.needs} for check in CHECKS.values()],
}
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(["* a", "- b", "**C**", "Yes.", "no, no", "", "  x?", '"q"', "😀", "日本"]), max_size=8
    ).map("\n".join),
)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_loose_is_never_below_strict(text: str) -> None:
    strict, again, loose = follow(text, ALL), follow(text, ALL), follow(text, ALL, "loose")
    assert strict == again
    assert all(b is not False for a, b in zip(strict, loose, strict=True) if a)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_only_types_with_a_mistake_are_fixed(text: str) -> None:
    strict, fixed = follow(text, ALL), follow(text, ALL, "fixed")
    assert fixed == follow(text, ALL, "fixed")
    checks = zip(CHECKS.values(), strict, fixed, strict=True)
    assert all(check.fixed or before == after for check, before, after in checks)


def test_every_fixed_type_has_a_case_that_needs_it() -> None:
    """A mended check that never decides otherwise than the official one mends nothing."""
    for name, check in CHECKS.items():
        own = [c for c in CASES if c["expected"] != "error" and c["reference"]["instruction_id_list"] == [name]]
        decided = [(follow(c["response"], c["reference"]), follow(c["response"], c["reference"], "fixed")) for c in own]
        assert check.fixed is None or any(strict != fixed for strict, fixed in decided), name


@pytest.mark.parametrize(
    "empty", ["", " ", "\n\n", "\u3000", "<think>a b c</think>", "<think>a b c</think> \n", "<think>a"]
)
def test_an_empty_answer_follows_nothing(empty: str) -> None:
    for name, kwargs in zip(ALL["instruction_id_list"], ALL["kwargs"], strict=True):
        reference = {"instruction_id_list": [name], "kwargs": [kwargs]}
        assert verify(Example(prompt="?", reference=reference, verifier="instructions"), empty).status == "no_answer"


def test_the_prompt_may_open_the_thinking() -> None:
    reference = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    example = Example(prompt="Say it.\n<think>\n", reference=reference, verifier="instructions")
    assert verify(example, "It is 42").status is Status.NO_ANSWER
    assert verify(example, "one, two</think>It is 42").status is Status.CORRECT


def test_unknown_instruction_offers_the_nearest() -> None:
    reference = {"instruction_id_list": ["punctuation:no_coma"], "kwargs": [{}]}
    verdict = verify(Example(prompt="?", reference=reference, verifier="instructions"), "x")
    assert "did you mean 'punctuation:no_comma'" in verdict.why


HOSTILE = [
    "<",
    "[",
    "*",
    '"',
    "a. ",
    ".",
    " * ",
    "\n",
    "-\n",
    "* [",
    "I. ",
    "(",
    "a-",
    "n't",
    "1.",
    "a",
    "😀",
    "Question 1",
]


@pytest.mark.parametrize("mode", ["strict", "fixed"])
@pytest.mark.parametrize("part", [*HOSTILE, "<i>", "'", "((((()", "éa", "1,", "- ", '"a', "Question 1"])
def test_hostile_responses_are_read(part: str, mode: str) -> None:
    text = part * (100_000 // len(part))
    example = Example(prompt="?", reference=ALL, verifier="instructions", params={"mode": mode})
    verdict = verify(example, text, deadline=60)
    assert verdict.status in (Status.INCORRECT, Status.NO_ANSWER) and "too costly" not in verdict.why


def test_sentences() -> None:
    assert len(sentences("One. Two? Three! Four")) == 4
    assert len(sentences('He said "no." She left.')) == 2
    assert len(sentences("It costs 3.50 today...")) == 1
    assert sentences("") == []


@pytest.mark.parametrize(
    ("text", "official"),
    [
        ("One. Two? Three! Four", ["One.", "Two?", "Three!", "Four"]),
        ("1. Use it. 2. Keep it", ["1.", "Use it.", "2.", "Keep it"]),
        ("It has 3. apples", ["It has 3. apples"]),
        ("See Dr. Smith, e.g. today.", ["See Dr. Smith, e.g.", "today."]),
        ('In the U.S. there is J. Doe. "Yes." No', ["In the U.S. there is J. Doe.", '"Yes."', "No"]),
        ("What?! Well... maybe. **Bold.** End", ["What?!", "Well... maybe.", "**Bold.", "** End"]),
    ],
)
def test_sentences_are_those_of_punkt(text: str, official: list[str]) -> None:
    assert list(split(text)) == official


@pytest.mark.parametrize(
    ("text", "official"),
    [
        ("Don't stop, it's 3.50 $.", ["Do", "n't", "stop", ",", "it", "'s", "3.50", "$", "."]),
        ("We cannot (yet) go--now: 10:30", ["We", "can", "not", "(", "yet", ")", "go", "--", "now", ":", "10:30"]),
        ("a well-known co. in the U.S. and/or", ["a", "well-known", "co.", "in", "the", "U.S.", "and/or"]),
    ],
)
def test_words_are_those_of_the_penn_treebank(text: str, official: list[str]) -> None:
    assert tokens(text) == official


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Die Antwort ist 42, weil sechs mal sieben 42 ist."),
        ("fr", "La réponse est 42 car six fois sept font 42."),
        ("es", "Hola, ¿cómo estás hoy?"),
        ("it", "Ciao, come stai oggi?"),
        ("pt", "A resposta é 42 porque seis vezes sete são 42."),
        ("nl", "De hond en de kat slapen elke dag in het huis."),
        ("sv", "Hej, hur mår du idag?"),
        ("fi", "Hei, miten voit tänään?"),
        ("vi", "Xin chào, hôm nay bạn có khỏe không?"),
        ("tr", "Bugün hava çok güzel ve ben çok mutluyum."),
        ("id", "Anjing dan kucing tidur di rumah setiap hari."),
        ("pl", "Cześć, jak się masz dzisiaj?"),
        ("sw", "Mbwa na paka wanalala ndani ya nyumba kila siku."),
        ("ru", "Ответ: 42, так как шесть умножить на семь равно 42."),
        ("en", "Hello, how are you today?"),
    ],
)
def test_one_sentence_tells_its_language(language: str, text: str) -> None:
    assert detect(text) == language
    assert written_in(text, language) and not written_in(text, "en" if language != "en" else "de")


def test_languages() -> None:
    assert detect("The cat sat on the mat and it was happy") == "en"
    assert detect("यह एक अच्छा दिन है और हम खुश हैं") == "hi"
    assert detect("12 + 3") is None
    assert detect("so \\frac{y}{x} = a and the value of y is 3 x e y") == "en"
    assert detect("y = x + a e i o u") is None
    assert (written_in("x = 5", "de"), written_in("Hallo", "ru"), written_in("The cat is on the mat", "la")) == (
        None,
        False,
        False,
    )
    assert detect("Привіт, це гарний день і ми щасливі, що є така робота") == "uk"


RANDOM, GUESSED, UNTOLD = (
    "a letter is drawn where a sign was asked",
    "langdetect took it for",
    "no word is in our tables",
)
DIFFERENCES = {
    1122: f"{RANDOM}: '#'",
    1129: f"{RANDOM}: '!'",
    2341: f"{GUESSED} Welsh: YES",
    3572: f"{UNTOLD}: a name of three words",
    3617: f"{UNTOLD}: three names of two words",
}
"""Key of the row -> why our reading and the official label differ: the checker is random or errs, or we cannot tell."""


def test_agreement_with_official_labels() -> None:
    labels = rows("labelled/ifeval_gpt4_strict_loose.jsonl")
    asked = {row["prompt"]: row for row in rows("ood/ifeval_input.jsonl")}
    agreed = {mode: 0 for mode in ("strict", "loose")}
    whole = dict(agreed)
    different = set()
    for row in labels:
        wanted = asked[row["prompt"]]
        reference = {key: wanted[key] for key in ("instruction_id_list", "kwargs")}
        for mode in agreed:
            found = follow(row["response"], reference, mode)
            same = [bool(ours) == theirs for ours, theirs in zip(found, row[f"{mode}_list"], strict=True)]
            agreed[mode] += sum(same)
            whole[mode] += all(found) == row[f"{mode}_all"]
            different |= set() if all(same) else {wanted["key"]}
    assert len(labels) == 540 and different <= set(DIFFERENCES)
    assert agreed["strict"] >= 825 and agreed["loose"] >= 828
    assert whole["strict"] >= 535 and whole["loose"] >= 537


def test_every_ifbench_row_can_be_checked() -> None:
    for row in rows("ood/ifbench_test.jsonl"):
        reference = {key: row[key] for key in ("instruction_id_list", "kwargs")}
        assert None not in follow("It rains, and we stay at home.", reference), row["key"]
