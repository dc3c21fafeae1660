"""LoRA: only the adapter learns, it survives a crash, and it is read back as what was trained."""

import json
import shutil

import pytest

pytest.importorskip("peft", reason="adapters need the extra 'lora'")

import torch
from click.testing import CliRunner
from letters import problems, recipe_for
from pydantic import ValidationError
from safetensors.torch import load_file

from assay.cli import main
from assay.errors import BadConfig
from assay.learn import grpo
from assay.learn.arguments import require_ready
from assay.learn.recipe import GrpoRecipe, Lora, Tiny
from assay.learn.tiny import make_model, make_tokenizer
from assay.models.engine import weights_hash
from assay.models.hf import TransformersEngine

LORA = Lora(r=2, alpha=4)
EXAMPLES = problems(["x"] * 4)
IDS = torch.arange(4, 12).unsqueeze(0)


def adapter_of(run):
    return load_file(run / "policy" / "adapter_model.safetensors")


def test_only_the_adapter_is_trained(random_policy, tmp_path):
    recipe = recipe_for(random_policy, lora=Lora(r=2, target_modules=("q_proj", "mlp.up_proj")))
    trainer = grpo.make_trainer(recipe, EXAMPLES, tmp_path, lambda step: None, grpo.quiet_imports())
    before = {name: p.clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not p.equal(before[name])}
    updates = {name for name in before if "lora_" in name}
    assert moved == updates
    assert {name.split(".")[-4] for name in updates} == {"q_proj", "up_proj"}, "one layer each, and no other"


def test_only_the_last_blocks_are_trained(tmp_path):
    tokenizer = make_tokenizer(["1 + 1 = ?\n2"], 264)
    sizes = Tiny(hidden=16, layers=4, heads=2, feed_forward=16, vocabulary=264)
    make_model(tokenizer, sizes, 0).save_pretrained(tmp_path / "deep")
    tokenizer.save_pretrained(tmp_path / "deep")
    recipe = recipe_for(tmp_path / "deep", group=8).model_dump()
    recipe["model"]["last_layers"] = 2
    trainer = grpo.make_trainer(
        GrpoRecipe.model_validate(recipe), EXAMPLES, tmp_path, lambda step: None, grpo.quiet_imports()
    )
    before = {name: p.clone() for name, p in trainer.model.named_parameters()}
    trainer.train()
    moved = {name for name, p in trainer.model.named_parameters() if not p.equal(before[name])}
    assert moved == {name for name in before if name.startswith(("model.layers.2.", "model.layers.3."))}
    recipe["model"]["last_layers"] = 5
    with pytest.raises(BadConfig, match="the model has 4 blocks"):
        grpo.make_trainer(GrpoRecipe.model_validate(recipe), EXAMPLES, tmp_path, print, grpo.quiet_imports())
    with pytest.raises(ValidationError, match="give one of them"):
        GrpoRecipe.model_validate(recipe | {"lora": {}})


def test_the_adapter_is_saved_evaluated_and_not_taken_for_a_model(random_policy, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(random_policy, base)
    run = tmp_path / "run"
    policy = grpo.train(recipe_for(base, lora=LORA, steps=4), EXAMPLES, run)
    assert not (policy / "model.safetensors").exists()
    plain, adapted = TransformersEngine(str(base)).model, TransformersEngine(str(policy)).model
    scale = LORA.alpha / LORA.r
    update = adapter_of(run)
    layer = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    wanted = (
        plain.model.layers[0].self_attn.q_proj.weight + scale * update[layer.format("B")] @ update[layer.format("A")]
    )
    x = torch.randn(3, wanted.shape[1])
    torch.testing.assert_close(adapted.model.layers[0].self_attn.q_proj(x), x @ wanted.T)
    with torch.inference_mode():
        assert not plain(IDS).logits.allclose(adapted(IDS).logits)

    suite = tmp_path / "suite.toml"
    suite.write_text('samples = 2\nk = [1]\nmax_tokens = 4\n[[sources]]\nname = "math/arithmetic"\nsize = 3\n')
    said = CliRunner().invoke(main, ["eval", str(run), "--suite", str(suite), "-o", str(tmp_path / "eval")])
    assert said.exit_code == 0, said.output
    claimed = json.loads((tmp_path / "eval" / "run.json").read_text())
    assert claimed["weights"] == weights_hash(str(policy))

    with pytest.raises(BadConfig, match="is an adapter, and training starts from whole weights"):
        require_ready(recipe_for(policy))
    hashed = weights_hash(str(policy))
    (base / "model.safetensors").write_bytes(b"other weights")
    assert weights_hash(str(policy)) != hashed, "other weights below the adapter are another model"


def test_a_crash_does_not_change_the_adapter(random_policy, tmp_path):
    recipe = recipe_for(random_policy, lora=Lora(r=2, dropout=0.1), steps=6, save_every=2)

    def crash(record):
        if record.step == 5:
            raise KeyboardInterrupt

    grpo.train(recipe, EXAMPLES, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        grpo.train(recipe, EXAMPLES, tmp_path / "crashed", on_step=crash)
    steps = []
    grpo.train(recipe, EXAMPLES, tmp_path / "crashed", on_step=lambda record: steps.append(record.step))
    assert steps == [5, 6], "it went on from the checkpoint at step 4"
    whole, crashed = adapter_of(tmp_path / "whole"), adapter_of(tmp_path / "crashed")
    assert whole.keys() == crashed.keys() and all(whole[name].equal(crashed[name]) for name in whole)


def test_a_layer_that_does_not_exist_is_refused(random_policy):
    recipe = recipe_for(random_policy, lora=Lora(target_modules=("q_porj",)))
    with pytest.raises(BadConfig, match="'q_porj', which is no linear layer of the model; did you mean 'q_proj'"):
        require_ready(recipe)
