"""A disk that takes no more: a sentence, no checkpoint that looks whole, and the same command goes on."""

import resource
from contextlib import ExitStack, contextmanager

import pytest
import torch
import transformers
from letters import problems, recipe_for
from safetensors.torch import save_file

from assay.errors import AssayError
from assay.learn import grpo
from assay.learn.checkpoints import newest_checkpoint, save_policy, written

SAYS = r"could not be written \(.+ MB are free\): make room, and run the same command again"


@contextmanager
def files_of_at_most(size):
    """The system writes no file beyond so many bytes, as where a disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("save", [torch.save, save_file])
def test_weights_that_no_disk_takes_end_in_a_sentence(tmp_path, save):
    with pytest.raises(AssayError, match=SAYS), files_of_at_most(4096), written(tmp_path / "not" / "there"):
        save({"weights": torch.ones(100_000)}, tmp_path / "weights")


def test_a_policy_is_there_whole_or_not_at_all(random_policy, tmp_path):
    model = transformers.AutoModelForCausalLM.from_pretrained(random_policy)
    tokenizer = transformers.AutoTokenizer.from_pretrained(random_policy)
    with pytest.raises(AssayError, match=SAYS), files_of_at_most(4096):
        save_policy(model, tokenizer, tmp_path / "policy")
    assert not (tmp_path / "policy").exists()
    assert save_policy(model, tokenizer, tmp_path / "policy").is_dir()


def test_a_run_goes_on_once_there_is_room(random_policy, tmp_path):
    recipe, examples = recipe_for(random_policy, steps=4, save_every=2), problems(["x"] * 6)
    whole = grpo.train(recipe, examples, tmp_path / "whole")

    out = tmp_path / "run"
    with ExitStack() as full, pytest.raises(AssayError, match=SAYS):

        def fill(record):
            if record.step == 4:  # its rows are written, its checkpoint is next
                full.enter_context(files_of_at_most(16_384))

        grpo.train(recipe, examples, out, on_step=fill)
    assert not (out / "policy").exists() and newest_checkpoint(out / "checkpoints").name == "checkpoint-2"
    policy = grpo.train(recipe, examples, out)
    one, other = ((path / "model.safetensors").read_bytes() for path in (whole, policy))
    assert one == other
