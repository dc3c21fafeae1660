"""What a chat template opens, and what of a response is text."""

import pytest

pytest.importorskip("transformers", reason="tokenizers need the extra 'models'")

from assay.learn.tiny import make_tokenizer
from assay.models.prompting import THINKING, decode, opened_thinking
from assay.types import Message

BASE = "{% for turn in messages %}<user>{{ turn['content'] }}{% endfor %}"
PROMPT = (Message("user", "1 + 1 = ?"),)


def tokenizer_with(template):
    tokenizer = make_tokenizer(["1 + 1 = ?"], 264)
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.parametrize("tag", THINKING)
def test_a_template_that_opens_a_thinking_part_says_which(tag):
    opens = BASE + "{% if add_generation_prompt %}<assistant>" + tag + "\n{% endif %}"
    assert opened_thinking(tokenizer_with(opens), PROMPT) == tag
    words = BASE + "{% if add_generation_prompt %}<assistant>" + tag + "\nOkay, {% endif %}"
    assert opened_thinking(tokenizer_with(words), PROMPT) == tag
    closed = BASE + "{% if add_generation_prompt %}<assistant>" + tag + "\n\n" + THINKING[tag] + "\n{% endif %}"
    assert opened_thinking(tokenizer_with(closed), PROMPT) == ""


def test_enable_thinking_is_read_as_the_template_applies_it():
    switch = (
        BASE + "{% if add_generation_prompt %}<assistant>{% if enable_thinking is defined and not enable_thinking %}"
        "<think>\n\n</think>\n{% else %}<think>\n{% endif %}{% endif %}"
    )
    assert opened_thinking(tokenizer_with(switch), PROMPT) == "<think>"


def test_a_tag_that_a_problem_mentions_opens_nothing():
    asked = (Message("user", "Think inside <think> and </think>. Begin with <think>"),)
    assert opened_thinking(tokenizer_with(BASE + "{% if add_generation_prompt %}<assistant>{% endif %}"), asked) == ""
    assert opened_thinking(tokenizer_with(None), (Message("user", "Use <think>. 1 + 1?"),)) == ""
    assert opened_thinking(tokenizer_with(None), (Message("user", "1 + 1?\n<think>"),)) == "<think>"


def test_turn_tokens_are_no_text_and_special_thinking_tags_are():
    tokenizer = make_tokenizer(["1 + 1 = ?"], 264)
    tokenizer.add_special_tokens({"additional_special_tokens": ["[THINK]", "[/THINK]", "<|im_end|>"]})
    ids = tokenizer.encode("[THINK]so 2[/THINK]2<|im_end|><end><pad>")
    assert decode(tokenizer, ids) == "[THINK]so 2[/THINK]2"
    plain = tokenizer.encode("2!")
    assert decode(tokenizer, plain, ends=plain[-1:]) == "2"
