"""The recipe on real rows, end to end: a corpus of guru-mini's sources, a small model made here, all domains paid."""

import json

import pytest
import torch
import transformers
from click.testing import CliRunner

from assay.cli import main
from assay.config import find_recipe, read_toml
from assay.curate.recipe import CurationRecipe
from assay.curate.run import run_curation
from assay.models.library import model_path
from assay.types import DOMAINS
from realdata import directory

pytestmark = pytest.mark.slow


@pytest.fixture
def small(tmp_path):
    """A directory with a Llama of random weights that reads 16,384 bytes."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path("tiny"))
    torch.manual_seed(0)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    more = {"vocab_size": len(tokenizer), "max_position_embeddings": 16384, "eos_token_id": tokenizer.eos_token_id}
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**size, **more))
    model.save_pretrained(tmp_path / "small")
    tokenizer.model_max_length = 16384
    tokenizer.save_pretrained(tmp_path / "small")
    return tmp_path / "small"


def test_every_domain_of_guru_mini_is_paid(small, tmp_path):
    data = directory()
    tree = read_toml(find_recipe("guru-mini"))
    rows = [{**source, "size": 8, "cap": 2} for source in tree["sources"]]
    recipe = CurationRecipe(sources=rows, steps=["length", "readable", "gold", "cap"], max_prompt_chars=4000)
    run_curation(recipe, tmp_path / "corpus", data=data)
    own = [f"--model.path={small}", f"--data.corpus={tmp_path / 'corpus'}", "--model.last_layers=0", "--eval=false"]
    less = ["--grpo.steps=2", "--grpo.prompts=6", "--grpo.group=2", "--grpo.max_tokens=8", "--grpo.micro_batch=4"]
    told = CliRunner().invoke(main, ["train", "guru-mini-transformers", *own, *less, "-o", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    verdicts = {name: 0 for name in DOMAINS}
    for line in lines:
        for name, told in line.get("domains", {}).items():
            verdicts[name] += sum(told["verdicts"].get(status, 0) for status in ("correct", "incorrect", "no_answer"))
    assert all(verdicts.values()), verdicts
    assert (tmp_path / "run" / "policy" / "model.safetensors").is_file()
