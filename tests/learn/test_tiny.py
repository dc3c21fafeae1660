"""The tiny policy: its tokenizer loses nothing and reloads as it was, and the shipped checkpoint is small."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from assay.learn.tiny import make_tokenizer
from assay.models.library import model_path
from assay.models.prompting import encode
from assay.types import Message

TOKENIZER = make_tokenizer(["def f(x):\n    return x + 12", "Bob, Ann, Cy"] * 3, 300)


@given(st.text(max_size=40).filter(lambda t: "<" not in t))
def test_any_text_survives(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text.encode("utf-8", "replace").decode("utf-8")


def test_digits_are_never_merged():
    assert len(TOKENIZER.encode("1212")) == 4


def test_white_space_survives_a_reload(tmp_path):
    from transformers import AutoTokenizer

    TOKENIZER.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    again = AutoTokenizer.from_pretrained(tmp_path)
    text = "def f(x):\n\n    return [x ]\t # \n"
    assert again.encode(text) == TOKENIZER.encode(text)
    assert again.decode(again.encode(text)) == text


def test_the_prompt_is_a_prefix_of_the_dialogue():
    asked = encode(TOKENIZER, [Message("user", "1 + 1?")])
    turns = [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]
    whole = TOKENIZER.apply_chat_template(turns, return_dict=True)["input_ids"]
    assert whole[: len(asked)] == asked
    assert whole[-1] == TOKENIZER.eos_token_id


def test_the_shipped_checkpoint_is_small():
    files = list(Path(model_path("tiny")).iterdir())
    assert files, "recipes/tiny.toml makes it"
    assert sum(file.stat().st_size for file in files) <= 5_000_000
