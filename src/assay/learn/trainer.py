"""GRPO by TRL, with the three things that a mixed corpus needs: a domain-weighted order, rewards that may be missing,
and no work on rows that carry no signal.

A thin subclass of `trl.GRPOTrainer` (pinned to `trl>=1.16,<2`; `tests/learn/test_contract.py` holds the signatures
that it overrides). Losses, clipping, KL, optimisers, checkpoints and distribution are TRL's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from trl import GRPOTrainer

from assay.learn.progress import StepRecord
from assay.learn.sampler import DomainMix, repeated
from assay.rollout.judge import judge
from assay.rollout.text import response_text
from assay.types import Example, Verdict

Batch = dict[str, Any]
NOISE = 1e-4
"""Advantages below this are rounding: equal float32 scores divided by TRL's `std + 1e-4` stay below 7e-5."""


class PolicyTrainer(GRPOTrainer):
    """`trl.GRPOTrainer` over Examples.

    `examples[i]` is row `i` of the training set (column `example`); `mix` decides the order; `on_step` receives a
    `StepRecord` at every logged step.
    """

    def __init__(
        self,
        *,
        examples: Sequence[Example],
        mix: DomainMix,
        on_step: Callable[[StepRecord], None],
        workers: int = 2,
        **trl_arguments: Any,
    ) -> None:
        self.examples = examples
        self.mix = mix
        self.on_step = on_step
        self.workers = workers
        self.pending: list[tuple[Example, str, Verdict, int]] = []
        super().__init__(reward_funcs=[self.verified_reward], **trl_arguments)

    def verified_reward(
        self, completions: Sequence[Any], example: Sequence[int], completion_ids: Sequence[Sequence[int]], **_: Any
    ) -> list[float | None]:
        """TRL's reward function: verdicts become numbers, and `None` where the model is not to blame."""
        asked = [self.examples[index] for index in example]
        said = [response_text(completion) for completion in completions]
        verdicts = judge(asked, said, workers=self.workers)
        lengths = [len(ids) for ids in completion_ids]
        self.pending += zip(asked, said, verdicts, lengths, strict=True)
        return [verdict.score for verdict in verdicts]

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        """One pass is the whole run, so that skipping to a checkpoint replays the same order."""
        args = self.args
        prompts = args.generation_batch_size // self.num_generations
        generations = -(-args.max_steps // self.num_iterations)
        indices = self.mix.first(prompts * generations)
        return _Order(repeated(indices, prompts, self.num_generations, self.num_iterations * args.steps_per_generation))

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> Batch:
        batch: Batch = super()._generate_and_score_completions(inputs)
        if not self.model.training:
            return batch
        batch = live_rows(batch, self.args.steps_per_generation, self.processing_class.pad_token_id)
        tokens = batch["completion_mask"].sum()
        batch["num_items_in_batch"] = self.accelerator.gather(tokens).sum()
        return batch

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Pass TRL's step metrics on to `on_step`, with the verdicts of the step's rollouts."""
        super().log(logs, start_time)
        if "grad_norm" in logs:
            self.on_step(StepRecord.of(self.state.global_step, logs, self.pending, self.num_generations))
            self.pending = []


class _Order(torch.utils.data.Sampler[int]):
    """A fixed order of row indices."""

    def __init__(self, indices: Sequence[int]) -> None:
        self.indices = indices

    def __iter__(self) -> Any:
        return iter(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


def live_rows(batch: Batch, chunks: int, pad: int) -> Batch:
    """Keep the rows whose advantage is not zero, and trim the padding that only the others needed.

    A zero advantage adds nothing to the policy gradient, so groups without signal and rows without a reward cost no
    forward or backward pass. The batch still has to split into `chunks` equal parts, so up to `chunks - 1` rows stay
    with their completion masked. Token means are then over live rows, as in DAPO (arXiv 2503.14476, section 3.2).
    Shapes: (B, T) tensors become (B', T') with B' a multiple of `chunks`, at least `chunks`.
    """
    live = batch["advantages"].flatten().abs() > NOISE
    rows = torch.cat([live.nonzero().flatten(), (~live).nonzero().flatten()])
    alive = int(live.sum())
    kept = max(chunks, -(-alive // chunks) * chunks)
    chosen = rows[:kept]
    size = live.shape[0]
    out = {k: v[chosen] if torch.is_tensor(v) and v.ndim and v.shape[0] == size else v for k, v in batch.items()}
    out["completion_mask"] = out["completion_mask"].clone()
    out["completion_mask"][alive:] = 0
    return _trimmed(out)


def _trimmed(batch: Batch) -> Batch:
    """Cut columns that are padding in every row: prompts on the left, completions on the right."""
    width = int(batch["prompt_mask"].sum(dim=1).max())
    length = max(1, int(batch["completion_mask"].sum(dim=1).max()))
    full = batch["completion_mask"].shape[1]
    out = dict(batch)
    for name in ("prompt_ids", "prompt_mask"):
        out[name] = batch[name][:, -width:]
    for name, value in batch.items():
        if torch.is_tensor(value) and value.ndim == 2 and value.shape[1] == full and not name.startswith("prompt"):
            out[name] = value[:, :length]
    return out
