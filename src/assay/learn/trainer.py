"""GRPO by TRL, with the three things that a mixed corpus needs: a domain-weighted order, rewards that may be missing,
and no work on rows that carry no signal.

A thin subclass of `trl.GRPOTrainer` (pinned to `trl>=1.16,<2`; `tests/learn/test_trainer.py` holds the signatures that
it overrides, and its gradients to TRL's). Losses, clipping, KL, optimisers, checkpoints and distribution are TRL's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback
from trl import GRPOTrainer
from trl.models import unwrap_model_for_generation

from assay import sandbox
from assay.hashing import hashed_seed
from assay.judging.session import verify_many
from assay.learn.checkpoints import written
from assay.learn.dynamic import Reserve, dead_groups, replaced
from assay.learn.prefix import scored_by_prompt, shareable
from assay.learn.progress import Look, StepRecord, by_domain, scalars
from assay.learn.rewards import Paid, Term
from assay.learn.sampler import DomainMix, repeated
from assay.models.decoding import Draw, sample
from assay.models.engine import Sampling
from assay.models.prompting import decode, opened_thinking
from assay.types import Attempt, Example, Rollout

Batch = dict[str, Any]
NOISE = 1e-4
"""Advantages below this are rounding: equal float32 scores divided by TRL's `std + 1e-4` stay below 7e-5."""
MEAN_OF_ROWS = ("grpo", "sapo", "dr_grpo", "luspo")
"""Losses that TRL divides by the rows of a micro-batch; `bnpo` divides by its tokens, all others by those of the whole
generation, which stay what they were."""


class PolicyTrainer(GRPOTrainer):
    """`trl.GRPOTrainer` over Examples.

    `examples[i]` is row `i` of the training set (column `example`); `mix` decides the order; `on_step` receives a
    `StepRecord` at every logged step; `paid` is the reward of a judged rollout, its score without it; `terms` are
    rewards on top, each with its name and weight, which a rollout gets only where `paid` says a number; `on_group`
    hears of each group as it was judged: the generation, its Example, its scores; `limit` is the longest response of a
    generation, that of the arguments without it; `redraws` is how often groups without signal give way to others;
    `look` measures the policy behind each step of `looks`, and returns numbers for `report_to`.
    """

    def __init__(
        self,
        *,
        examples: Sequence[Example],
        mix: DomainMix,
        on_step: Callable[[StepRecord], None],
        workers: int = 2,
        paid: Paid = lambda said: said.verdict.score,
        terms: Sequence[Term] = (),
        on_group: Callable[[int, str, Sequence[float | None]], None] = lambda generation, name, scores: None,
        limit: Callable[[int], int] | None = None,
        redraws: int = 0,
        looks: Collection[int] = (),
        look: Look = lambda step, model, tokenizer: {},
        **trl_arguments: Any,
    ) -> None:
        self.examples = examples
        self.mix = mix
        self.on_step = on_step
        self.workers = workers
        self.paid, self.on_group, self.limit = paid, on_group, limit
        self.look = look
        self.redraws, self.reserve = redraws, Reserve([ex.domain for ex in examples], mix.seed)
        self.drawn = 0
        """Rows that this generation has sampled before those in hand."""
        self.judged: list[Rollout] = []
        self.domains = {example.id: example.domain for example in examples}
        self.pending: list[Rollout] = []
        self.opened: dict[str, str] = {}
        self.counted = sandbox.stats()
        trl_arguments["args"].reward_weights = [1.0, *(term.weight for term in terms)]
        rewards = [self.verified_reward, *map(self._term_reward, terms)]
        super().__init__(reward_funcs=rewards, **trl_arguments)
        self.shared = not self.args.gradient_checkpointing and shareable(self.causal_model())
        """Whether a prompt is read once for its group in the update too."""
        self.add_callback(_Looks(looks))

    def causal_model(self, model: Any = None) -> Any:
        """The causal model as transformers makes it, under what wraps it."""
        plain = self.accelerator.unwrap_model(model or self.model)
        return getattr(plain, "get_base_model", lambda: plain)()

    @property
    def period(self) -> int:
        """Optimiser steps from one generation to the next."""
        return int(self.num_iterations * self.args.steps_per_generation // self.args.gradient_accumulation_steps)

    @property
    def generation(self) -> int:
        """Number of the generation that the next step learns from."""
        return int(self.state.global_step // self.period)

    def verified_reward(
        self, example: Sequence[int], completion_ids: Sequence[Sequence[int]], **_: Any
    ) -> list[float | None]:
        """TRL's reward function: verdicts become numbers, and `None` where the model is not to blame."""
        asked = [self.examples[index] for index in example]
        attempts = [self.attempt(*pair, number) for number, pair in enumerate(zip(asked, completion_ids, strict=True))]
        verdicts = verify_many(asked, attempts, workers=self.workers)
        self.judged = list(map(Rollout.of, attempts, verdicts))
        self.pending += self.judged
        size = self.num_generations
        for start in range(0, len(self.judged), size):
            scores = [verdict.score for verdict in verdicts[start : start + size]]
            self.on_group(self.generation, asked[start].id, scores)
        return [self.paid(said) for said in self.judged]

    def _term_reward(self, term: Term) -> Callable[..., list[float | None]]:
        """A reward function of TRL for one term. It is called behind `verified_reward`, on the same rollouts."""

        def reward(**_: Any) -> list[float | None]:
            longest = self.max_completion_length
            return [None if self.paid(said) is None else term.of(said, longest) for said in self.judged]

        reward.__name__ = term.name
        return reward

    def attempt(self, example: Example, ids: Sequence[int], number: int) -> Attempt:
        """Row `number` of a generation. Its tokens are read, not TRL's text, which may lack the thinking part."""
        tokenizer, step = self.processing_class, self.state.global_step
        if example.id not in self.opened:  # rendering a chat template costs as much as a few tokens
            self.opened[example.id] = opened_thinking(tokenizer, example.asked)
        return Attempt(
            example_id=example.id,
            model="policy",
            index=number % self.num_generations,
            response=decode(tokenizer, ids, self.eos_token_ids),
            finish="stop" if ids and ids[-1] in (*self.eos_token_ids, tokenizer.pad_token_id) else "length",
            tokens=len(ids),
            token_ids=tuple(ids),
            thinking=self.opened[example.id],
            group_id=f"{step}.{(self.drawn + number) // self.num_generations}",
            policy=str(step),
        )

    def _generate_and_score_completions(self, inputs: Any) -> Batch:
        """TRL's generation and, where a recipe asks for it, others in place of groups without signal."""
        self.drawn, size = 0, self.num_generations
        batch: Batch = super()._generate_and_score_completions(inputs)
        now = [row["example"] for row in inputs[::size]]
        asked = set(now)
        for _ in range(self.redraws):
            dead = dead_groups(batch["advantages"], size, NOISE)
            found = self.reserve.instead({group: now[group] for group in dead}, asked, self.generation)
            if not found:
                break
            self.drawn += len(self.judged)
            again = [self.train_dataset[index] for index in found.values() for _ in range(size)]
            other = super()._generate_and_score_completions(again)
            pad = self.processing_class.pad_token_id
            batch = replaced(batch, other, list(found), size, pad)
            asked |= set(found.values())
            for group, index in found.items():
                now[group] = index
        return batch

    def _generate_single_turn(
        self, prompt_ids: Any, images: Any, multimodal_fields: Any, num_generations: int, has_tool_images: bool = False
    ) -> Any:
        """TRL's generation, with each prompt of a group read once and no work on responses that have ended."""
        if self.limit:
            self.max_completion_length = self.limit(self.generation)
        if self.use_vllm or multimodal_fields:
            return super()._generate_single_turn(
                prompt_ids, images, multimodal_fields, num_generations, has_tool_images
            )
        args = self.args
        rows = range(self.drawn, self.drawn + len(prompt_ids))
        seeds = [hashed_seed(args.seed, "rollout", self.state.global_step, row) for row in rows]
        sampling = Sampling(temperature=args.temperature, top_p=args.top_p, max_tokens=self.max_completion_length)
        with unwrap_model_for_generation(self.model_wrapped, self.accelerator) as model:
            draw, pad = Draw(seeds, sampling), self.processing_class.pad_token_id
            said = sample(model, prompt_ids, draw, eos=self.eos_token_ids, pad=pad)
        return [tokens for tokens, _ in said], None

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        """One pass is the whole run, so that skipping to a checkpoint replays the same order."""
        args = self.args
        prompts = args.generation_batch_size // self.num_generations
        generations = -(-args.max_steps // self.period)
        repeats = self.num_iterations * args.steps_per_generation

        def order() -> Iterator[int]:
            return repeated(islice(self.mix, prompts * generations), prompts, self.num_generations, repeats)

        return _Order(order, prompts * generations * self.num_generations * repeats)

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **more: Any,
    ) -> Any:
        """TRL's, with each prompt read once for all its responses."""
        images = any(value is not None for value in more.values())
        if not self.shared or images or compute_aux_loss or input_ids.shape[1] - logits_to_keep < 2:
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, compute_aux_loss, **more
            )
        size = batch_size or len(input_ids)
        with self.accelerator.autocast():
            parts = [
                scored_by_prompt(self.causal_model(model), model, *part, logits_to_keep)
                for part in zip(torch.split(input_ids, size), torch.split(attention_mask, size), strict=True)
            ]
        logprobs, entropies = zip(*parts, strict=True)
        return torch.cat(logprobs), torch.cat(entropies) if compute_entropy else None, None

    def _compute_loss(self, model: Any, inputs: Batch) -> Any:
        """TRL's loss, with no forward or backward pass on rows whose advantage is zero.

        They add nothing to the gradient, but they count in what a loss is divided by, so it is scaled back: the
        gradient is that of plain TRL. Where a row matters without an advantage, all rows stay. A part of nothing else
        enters no metric.
        """
        if not self.model.training or self._every_row_matters(inputs):
            return super()._compute_loss(model, inputs)
        live = inputs["advantages"].flatten().abs() > NOISE
        kept = int(self.accelerator.gather(live.sum()).max())  # ranks gather metrics of one shape
        if not kept:
            return nothing_to_learn(model)
        few = live_rows(inputs, live, kept)
        return super()._compute_loss(model, few) * self._share(few, inputs)

    def _every_row_matters(self, inputs: Batch) -> bool:
        return (
            self.beta != 0.0
            or self._entropy_bonus_enabled
            or self.top_entropy_quantile < 1.0
            or self.aux_loss_enabled
            or "pixel_values" in inputs
        )

    def _share(self, few: Batch, inputs: Batch) -> Any:
        """What the loss of the kept rows is divided by, as a share of what that of all rows is."""
        if self.loss_type in MEAN_OF_ROWS:
            return len(few["advantages"]) / len(inputs["advantages"])
        return _tokens(few) / _tokens(inputs) if self.loss_type == "bnpo" else 1.0

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the policy as it is, and leave it, and every stream of numbers, as they were."""
        was_training = self.model.training
        devices = [self.args.device] if self.args.device.type == "cuda" else []
        with torch.random.fork_rng(devices), unwrap_model_for_generation(self.model_wrapped, self.accelerator) as model:
            model.eval()
            numbers = dict(self.look(self.state.global_step, model, self.processing_class))
            self.log(numbers)
        self.model.train(was_training)
        return numbers

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        with written(Path(self.args.output_dir)):
            super()._save_checkpoint(model, trial)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Pass TRL's step metrics on to `on_step` and, with those of domains and sandbox, to `report_to`."""
        ended = "grad_norm" in logs  # else it is the summary of the whole run
        if ended:
            now = sandbox.stats()
            ran, self.counted = now.since(self.counted), now
            logs |= scalars(by_domain(self.pending, self.domains)) | ran.scalars()
        super().log(logs, start_time)
        if ended:
            self.on_step(StepRecord.of(self.state.global_step, logs, self.pending, self.domains, ran))
            self.pending = []


class _Looks(TrainerCallback):
    """Asks for a measurement behind some steps."""

    def __init__(self, steps: Collection[int]) -> None:
        self.steps = steps

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step in self.steps:
            control.should_evaluate = True


class _Order(torch.utils.data.Sampler[int]):
    """Row indices that are drawn as they are read."""

    def __init__(self, order: Callable[[], Iterator[int]], length: int) -> None:
        self.order, self.length = order, length

    def __iter__(self) -> Iterator[int]:
        return self.order()

    def __len__(self) -> int:
        return self.length


def live_rows(batch: Batch, live: torch.Tensor, kept: int) -> Batch:
    """The live rows and, where they are fewer than `kept`, the shortest others; padding that no row needs is cut.

    Shapes: (B, T) tensors become (kept, T'), in the order they had.
    """
    lengths = batch["completion_mask"].sum(dim=1)
    chosen = torch.where(live, 0, 1 + lengths).argsort(stable=True)[:kept].sort().values
    size = live.shape[0]
    few = {k: v[chosen] if torch.is_tensor(v) and v.ndim and v.shape[0] == size else v for k, v in batch.items()}
    return trimmed(few)


def nothing_to_learn(model: Any) -> torch.Tensor:
    """A loss of zero, with a gradient of zero."""
    some = [weights.flatten()[:1].sum() for weights in model.parameters() if weights.requires_grad]
    return 0.0 * torch.stack(some).sum()


def _tokens(batch: Batch) -> torch.Tensor:
    mask: torch.Tensor = batch["completion_mask"]
    return (mask * batch["tool_mask"] if "tool_mask" in batch else mask).sum().clamp(min=1)


def trimmed(batch: Batch) -> Batch:
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
