"""Turns as trainers hand them over become plain text, addresses and lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.rollout.text import response_text
from assay.turns import TURN_TOKENS, content_of, plain, without_turn_tokens
from assay.types import as_messages

PARTS = [{"type": "text", "text": "Which is "}, {"type": "text", "text": "larger?"}]
IMAGE = {"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": "low"}}


@given(st.text(), st.lists(st.tuples(st.sampled_from(["", "\n", " "]), st.sampled_from(TURN_TOKENS)), max_size=5))
def test_only_turn_tokens_at_the_end_go(text, tokens):
    kept = without_turn_tokens(text)
    assert text.startswith(kept) and without_turn_tokens(kept) == kept
    assert without_turn_tokens(text + "".join(space + token for space, token in tokens)).rstrip() == kept.rstrip()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4<|im_end|>", "4"),
        ("4</s></s>\n", "4"),
        ("4<|eot_id|>\n<|im_end|>assistant", "4<|eot_id|>\n<|im_end|>assistant"),
        ("x = 1\n", "x = 1\n"),
        ("<end_of_turn>", ""),
        ("", ""),
    ],
)
def test_turn_tokens(text, kept):
    assert without_turn_tokens(text) == kept


def test_many_turn_tokens_cost_no_more_than_their_length():
    assert without_turn_tokens("4" + "</s> " * 200_000) == "4"


@pytest.mark.parametrize(
    ("content", "text", "shown"),
    [
        ("q", "q", ()),
        (None, "", ()),
        (PARTS, "Which is larger?", ()),
        (np.array(PARTS, dtype=object), "Which is larger?", ()),
        ([*PARTS, IMAGE], "Which is larger?", ("https://x.org/a.png",)),
        (
            [{"type": "image", "image": "b.png", "text": None}, {"type": "input_image", "image_url": "c.png"}],
            "",
            ("b.png", "c.png"),
        ),
        ([{"type": "image", "image": object()}, "q"], "q", ()),
    ],
)
def test_content(content, text, shown):
    assert content_of(content) == (text, shown)
    assert as_messages(np.array([{"role": "user", "content": content}], dtype=object))[0].attachments == shown


@pytest.mark.parametrize("content", [3, {"text": "q"}, [3]])
def test_other_content_is_refused(content):
    with pytest.raises(ValueError, match="content of a message"):
        as_messages([{"role": "user", "content": content}])


@pytest.mark.parametrize(
    "completion",
    [
        "42<|im_end|>",
        [{"role": "assistant", "content": "42</s>"}],
        np.array([{"role": "assistant", "content": [{"type": "text", "text": "42"}]}], dtype=object),
        {"role": "assistant", "content": "42"},
        [
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "content": "6 * 7"},
            {"content": "42"},
        ],
    ],
)
def test_a_completion_is_its_text(completion):
    assert response_text(completion).strip() == "42"


def test_arrays_become_lists_at_any_depth():
    given = {"target": np.array(["a"], dtype=object), "n": np.int64(3), "deep": [np.array([[1.5]])]}
    assert plain(given) == {"target": ["a"], "n": 3, "deep": [[[1.5]]]}
    picture = object()
    assert plain(picture) is picture
