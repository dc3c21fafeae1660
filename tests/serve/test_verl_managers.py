"""Inside verl itself: its data set reads our parquet, and each of its reward managers asks our function."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("verl", reason="verl is not installed: `make test-slow` makes an environment that has it")

import ray
import torch
from hydra import compose, initialize_config_module
from transformers import AutoTokenizer
from verl import DataProto
from verl.experimental.reward_loop.reward_loop import RewardLoopManager, migrate_legacy_reward_impl
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import load_reward_manager
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn
from verl.workers.reward_manager import get_reward_manager_cls

import assay.serve.verl
from assay.corpus.verl import write_verl
from assay.serve.verl import KEYS, compute_score, compute_score_batch

pytestmark = pytest.mark.slow
WRONG = "I would rather not say."
FUNCTION = "reward.custom_reward_function"


@pytest.fixture(scope="module")
def tokenizer(policy):
    return AutoTokenizer.from_pretrained(policy)


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def config(policy, *overrides):
    base = [f"{FUNCTION}.path=pkg://assay.serve.verl", f"{FUNCTION}.name=compute_score", "reward.num_workers=1"]
    with initialize_config_module("verl.trainer.config", version_base=None):
        whole = compose(
            "ppo_trainer", [*base, f"actor_rollout_ref.model.path={policy}", "data.max_prompt_length=1024", *overrides]
        )
    return migrate_legacy_reward_impl(whole)


@pytest.fixture(scope="module")
def rollouts(mixed, policy, tokenizer, tmp_path_factory):
    """verl's own batch of our rows: each answered by its gold and by nonsense, with the columns that verl adds."""
    path = tmp_path_factory.mktemp("verl") / "train.parquet"
    write_verl(mixed, path)
    asked = RLHFDataset([str(path)], tokenizer, config(policy).data)
    assert len(asked) == len(mixed)
    return answered(
        DataProto.from_single_dict(collate_fn([asked[n] for n in range(len(asked)) for _ in range(2)])),
        mixed,
        tokenizer,
    )


def answered(data, examples, tokenizer):
    texts = [text for example in examples for text in (example.gold, WRONG)]
    ids = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in texts]
    width = max(map(len, ids))
    responses = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row in ids])
    prompts = torch.full((len(ids), 4), tokenizer.pad_token_id)
    mask = torch.cat(
        [torch.zeros_like(prompts), (torch.arange(width) < torch.tensor([[len(r)] for r in ids])).long()], 1
    )
    batch = DataProto.from_single_dict({"prompts": prompts, "responses": responses, "attention_mask": mask})
    data.batch = batch.batch
    data.non_tensor_batch["__num_turns__"] = np.full(len(ids), 2, dtype=np.int32)
    return data


def manager_of(policy, tokenizer, *overrides):
    asyncio.set_event_loop(asyncio.new_event_loop())  # verl's older managers close the one they found
    return load_reward_manager(config(policy, *overrides), tokenizer)


def test_the_prompt_that_verl_sends_is_the_one_that_is_asked(rollouts, mixed):
    sent = [turns[-1]["content"] for turns in rollouts.non_tensor_batch["raw_prompt"][::2]]
    assert sent == [example.asked[-1].content for example in mixed]


@pytest.mark.parametrize("manager", ["naive", "dapo", "gdpo", "remote"])
def test_each_manager_pays_the_gold_and_nothing_else(manager, rollouts, policy, tokenizer, cluster):
    loaded = manager_of(policy, tokenizer, f"reward.reward_manager.name={manager}")
    made = [loaded.loop.run_until_complete(loaded.run_single(rollouts[n : n + 1])) for n in range(len(rollouts))]
    whys = [(one["reward_score"], one["reward_extra_info"]["status"], one["reward_extra_info"]["why"]) for one in made]
    assert [score for score, *_ in whys] == [1.0, 0.0] * (len(made) // 2), whys
    assert {tuple(one["reward_extra_info"]) for one in made} == {KEYS}
    assert all(one["reward_extra_info"]["counted"] for one in made)


@pytest.mark.parametrize("path", ["pkg://assay.serve.verl", Path(assay.serve.verl.__file__)])
@pytest.mark.parametrize("manager", ["naive", "remote"])
def test_the_reward_loop_in_workers_of_ray(path, manager, rollouts, policy, cluster):
    made = RewardLoopManager(config(policy, f"reward.reward_manager.name={manager}", f"{FUNCTION}.path={path}"))
    try:
        scored = made.compute_rm_score(rollouts)
    finally:
        for worker in made.reward_loop_workers:
            ray.kill(worker)
    extra = {name: list(values) for name, values in scored.non_tensor_batch.items()}
    paid = scored.batch["rm_scores"].sum(dim=1).tolist()
    assert paid == [1.0, 0.0] * (len(rollouts) // 2), list(zip(paid, extra["status"], extra["why"], strict=True))
    metrics = process_validation_metrics(list(rollouts.non_tensor_batch["data_source"]), [""] * len(rollouts), extra)
    assert set(metrics["math/linear"]) == {"score", "acc", "counted"}


@pytest.mark.parametrize("manager", ["naive", "dapo", "prime", "batch"])
def test_the_older_managers(manager, rollouts, tokenizer):
    function = compute_score_batch if manager == "batch" else compute_score
    made = get_reward_manager_cls(manager)(tokenizer=tokenizer, num_examine=0, compute_score=function)
    paid = made(rollouts, return_dict=True)["reward_tensor"].sum(dim=1).tolist()
    assert paid == [1.0, 0.0] * (len(rollouts) // 2)


def test_keywords_reach_the_function(rollouts, policy, tokenizer):
    routed = f"+{FUNCTION}.reward_kwargs.routes={{house/sums:number}}"
    loaded = manager_of(policy, tokenizer, routed, f"+{FUNCTION}.reward_kwargs.on_error=raise")
    row = rollouts[:1]
    row.non_tensor_batch["data_source"] = np.array(["house/sums"], dtype=object)
    row.non_tensor_batch["extra_info"] = np.array([{"index": 0}], dtype=object)
    row.non_tensor_batch["reward_model"] = np.array([{"ground_truth": np.int64(7)}], dtype=object)
    made = loaded.loop.run_until_complete(loaded.run_single(row))["reward_extra_info"]
    assert (made["verifier"], made["counted"]) == ("number", 1.0)
