"""The same problem in other words, and what only looks like it."""

import random
import re
from dataclasses import replace

import pytest
from curating import ex, found, reasons
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.curate.alike import Contamination, NearDuplicates
from assay.curate.said import Said
from assay.curate.substring import Substring, held_by
from assay.curate.wording import FIGURES, figures, outlines, plain, same, twins

APPLES = "Tom has 4 apples and buys 5 more at the market. How many apples does Tom have?"

SAME = [
    "TOM HAS 4 APPLES AND BUYS 5 MORE AT THE MARKET.  HOW MANY APPLES DOES TOM HAVE?",
    "Problem 12: " + APPLES,
    APPLES + "\nPlease reason step by step, and put your final answer within \\boxed{}.",
    "Tom has $4$ apples and buys $5$ more at the market; how many apples does he have?",
    "## Question: Tom has **4** apples and buys **5** more at market. How many apples has Tom?",
]
OTHERS = [
    "Tom has 4 pears and buys 5 more at the market. How many pears does Tom have?",  # another thing
    "Tom has 5 apples and buys 4 more at the market. How many apples does Tom have?",  # another order
    "Tom has 4 apples and buys 5 more at the market for his little sister Ann. How many apples does Tom have?",
    "Tom has 4 apples and sells 5 more at the market. How many apples does Tom have?",
]


def signs(text: str) -> list[str]:
    """The numbers, signs and variables of a text."""
    return Said.of([plain(text)])[0].signs.split("\x1f")[:-1]


@pytest.mark.parametrize("text", SAME)
def test_the_same_problem_in_other_words(text: str) -> None:
    assert reasons([ex(APPLES, 9), ex(text, 9)], NearDuplicates()) == ["", "near_duplicate"]
    assert reasons([ex(text, 9), ex(APPLES, 9)], NearDuplicates()) == ["", "near_duplicate"]
    assert reasons([ex(APPLES, 9), ex(text, 8)], NearDuplicates()) == ["", ""]  # another answer: a conflict, no copy


@pytest.mark.parametrize("text", OTHERS)
def test_another_problem_of_the_same_shape(text: str) -> None:
    assert reasons([ex(APPLES, 9), ex(text, 9)], NearDuplicates()) == ["", ""]


def test_the_kept_row_is_named() -> None:
    rows = [ex(SAME[2], 9), ex(OTHERS[0], 9), ex(APPLES, 9)]
    assert found(rows, NearDuplicates())[2] == ("near_duplicate", rows[0].id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 + 3", "2 - 3"),
        ("x < y", "x > y"),
        ("1/2", "1 2"),
        ("[#.]\n[.#]", "[##]\n[..]"),
        ("##  #", "##   #"),
        ("a b c", "a c b"),
    ],
)
def test_signs_variables_and_drawings_are_content(one: str, other: str) -> None:
    assert signs(one) != signs(other)


@pytest.mark.parametrize("one", ["x + 1", "$x+1$", r"\(x + 1\)", "**x+1**", "x＋1"])
def test_typography_is_none(one: str) -> None:
    assert signs(one) == ["x", "+", "1"]


def test_words_of_any_script() -> None:
    assert Said.of([plain("小明有 3 个苹果")])[0].words == tuple("小明有个苹果")
    assert reasons([ex("小明有3个苹果，小红有2个。", 5), ex("小红有3个苹果，小明有2个。", 5)], NearDuplicates()) == [
        "",
        "",
    ]


def test_options_and_attachments_belong_to_a_problem() -> None:
    row = replace(ex("Which of the 3 is prime?", "A"), options=("4", "7", "9"), verifier="choice", gold=None)
    other = replace(row, options=("4", "8", "9"))
    assert reasons([row, replace(row, template="{problem} Box it.")], NearDuplicates()) == ["", "near_duplicate"]
    assert reasons([row, other], NearDuplicates()) == ["", ""]


PIECES = ["2,000.5", " ", "  ", "x", "ab", "é", "中", "×", "−", "٣", "½", *".,-/+=<_*#$\\@%|~^()\n"]
SNIPPETS = st.lists(st.sampled_from(PIECES))


@settings(max_examples=500, deadline=None)
@given(SNIPPETS.map("".join) | st.text())
def test_the_figures_of_a_text_are_those_of_its_signs(text: str) -> None:
    """So problems with the same signs have the same outline, and none is missed for its hash."""
    assert figures(plain(text)).decode() == "".join(sign for sign in "".join(signs(text)) if sign in FIGURES)


SIGN = r"(?:[^\w\s.,;:?!()\[\]{}\"'`’‘“”„«»$\\/&-]|_)"
TOKEN = re.compile(
    rf"[^\W\d_]{{2,}}|(\d+(?:[.,]\d+)*|{SIGN}|/(?![a-z]{{2}})|-(?=\s?(?:[\d(\\{{$]|[a-z]\b))|[b-hj-z]"
    rf"|(?<! ) {{2,}}(?={SIGN})|\.{{2,}}|\.(?={SIGN})|(?<={SIGN})\.)"
)


@settings(max_examples=500, deadline=None)
@given(st.lists(SNIPPETS.map("".join) | st.text(), max_size=4))
def test_many_texts_say_what_an_expression_finds_in_each(texts: list[str]) -> None:
    """Numbers, signs beside which something stands, and variables, as one expression states them."""
    texts = [plain(text) for text in texts]
    found = [
        [token.replace(",", "") if token[0].isdigit() else token for token in TOKEN.findall(t) if token] for t in texts
    ]
    assert [said.signs for said in Said.of(texts)] == ["".join(f"{token}\x1f" for token in some) for some in found]


def test_long_texts_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["", *(plain(text) for text in SAME + OTHERS), ""]
    whole = Said.of(texts)
    monkeypatch.setattr("assay.curate.said._AT_ONCE", 10)
    assert Said.of(texts) == whole == [Said.of([text])[0] for text in texts]


WORDS = st.lists(st.sampled_from(["ada", "bea", "cem", "dua", "eva"]), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=12))
def test_no_twin_is_missed(texts: list[list[str]]) -> None:
    """The index of rarest words finds what comparing each with each finds."""
    problems = [Said("", tuple(text)) for text in texts]
    kept: list[int] = []
    slow = []
    for place, problem in enumerate(problems):
        twin = next((at for at in kept if same(problem, problems[at])), None)
        if twin is None:
            kept.append(place)
        else:
            slow.append((place, twin))
    assert list(twins([("", " ".join(text)) for text in texts])) == slow


def test_held_out_problems_are_found_in_other_words() -> None:
    held = ex(APPLES, 9, source="suite")
    ((outline, text),) = outlines([held])
    step = Contamination({}, {outline: [("suite:1", *Said.of([text]))]})
    rows = [*(ex(text, 9) for text in SAME), *(ex(text, 9) for text in OTHERS), ex(APPLES, 8)]
    assert reasons(rows, step) == ["contaminated"] * len(SAME) + [""] * (len(OTHERS) + 1)


# --- the substring rule ----------------------------------------------------------------------------------------------


def slow_rule(texts: list[str]) -> list[tuple[int, str]]:
    held = []
    for at, text in enumerate(texts):
        holders = [other for other in texts if len(other) > len(text) and text in other]
        if holders:
            held.append((at, min(holders, key=lambda other: (-len(other), other))))
    return held


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("ab1 ", max_size=14), max_size=14))
def test_the_substring_rule_is_the_published_one(texts: list[str]) -> None:
    assert [(at, texts[holder]) for at, holder in held_by(texts)] == slow_rule(texts)


def test_the_shorter_goes_whatever_the_order() -> None:
    long, middle, short = (ex(f"{text} what is 2 plus 2") for text in ("If it rains, and you are asked:", "asked:", ""))
    step = Substring()
    for rows in ([long, middle, short], [short, middle, long], [middle, short, long]):
        gone = {row.id: said for row, said in zip(rows, found(rows, step), strict=True)}
        assert gone == {
            long.id: ("", ""),
            middle.id: ("substring", long.id),
            short.id: ("substring", long.id),
        }


def test_only_the_domains_that_are_named_are_compared() -> None:
    rows = [replace(ex("What is 2 plus 2"), domain="logic"), ex("What is 2 plus 2 plus 2")]
    assert reasons(rows, Substring()) == ["", ""]
    assert reasons(rows, Substring(domains=())) == ["substring", ""]


def test_long_texts_are_looked_at_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choices("abcd", k=rng.randrange(5, 60))) for _ in range(300)]
    texts += [rng.choice(texts)[3:] for _ in range(40)]
    whole = held_by(texts)
    monkeypatch.setattr("assay.curate.substring._BLOCK", 100)
    assert held_by(texts) == whole != []
