"""What a training recipe may say. One TOML file is one experiment; the defaults below are the documented ones.

`method = "grpo"` learns by reinforcement on a mixed corpus; `method = "warmup"` makes a policy by supervised
learning on demonstrations, noisy ones if asked, so that reinforcement has something to explore; `method = "values"`
makes a verifier of a language model.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from assay.config import Config
from assay.evaluate.suite import Suite
from assay.learn.guards import Guards
from assay.learn.oracle import Oracle
from assay.learn.pools import Pool
from assay.sources.selection import Asked

SEEDS = 2**32
"""How many seeds numpy knows."""


def shares(weights: dict[str, float]) -> dict[str, float]:
    """The weights, where none is below 0."""
    if any(weight < 0 for weight in weights.values()):
        raise ValueError("weights must not be negative")
    return weights


class Data(Config):
    """What to learn from: a curated corpus, or sources as they are."""

    corpus: str | None = None
    """Directory that `assay curate` wrote."""
    sources: tuple[Asked, ...] = ()
    domain_weights: dict[str, float] = Field(default_factory=dict)
    """Share of prompts by domain; domains that are not named get 1, and all are equal without it."""
    source_weights: dict[str, float] = Field(default_factory=dict)
    """Share of a domain's prompts by source, where one of its sources is named; its others get 1. Without it each
    problem of a domain comes as often as any other, whatever its source."""

    @field_validator("domain_weights", "source_weights")
    @classmethod
    def _weights(cls, given: dict[str, float]) -> dict[str, float]:
        return shares(given)

    @model_validator(mode="after")
    def _one_of_both(self) -> Data:
        if bool(self.corpus) == bool(self.sources):
            raise ValueError("give either data.corpus or data.sources")
        return self


class Model(Config):
    """The policy to start from."""

    path: str = "tiny"
    """A directory, a hub name, or `tiny` for the checkpoint that ships with the package."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Type of the weights while training."""
    last_layers: int = Field(0, ge=0)
    """Train only the last so many blocks, which costs little memory and nothing below them; 0 trains all weights."""


class Grpo(Config):
    """Group-relative policy optimisation (DeepSeekMath, arXiv 2402.03300, section 4.1) with its choices named."""

    steps: int = Field(100, ge=1)
    """Optimiser steps."""
    prompts: int = Field(32, ge=1)
    """P: problems drawn for one generation."""
    group: int = Field(8, ge=2)
    """G: responses sampled to each problem."""
    updates: int = Field(1, ge=1)
    """Optimiser steps taken on one generation (`num_iterations`)."""
    sync_every: int = Field(1, ge=0)
    """Optimiser steps whose problems are answered at once, by the policy as it is then: 1 is online, more semi-online,
    0 answers all problems of the run before the first step (offline). All answers of one go are held in memory."""
    learning_rate: float = Field(1e-6, gt=0)
    """Constant after the warm-up."""
    warmup_steps: int = Field(0, ge=0)
    """Steps in which the learning rate rises from 0."""
    weight_decay: float = Field(0.0, ge=0)
    """Of AdamW."""
    max_grad_norm: float = Field(1.0, gt=0)
    """Gradients are scaled down to this norm."""
    temperature: float = Field(1.0, gt=0)
    """Of the sampling in training."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Nucleus of the sampling in training; 1 samples from the whole policy."""
    max_tokens: int = Field(512, ge=1)
    """Longest response; what is cut has `finish` `length`."""
    clip_low: float = Field(0.2, gt=0)
    """The probability ratio is clipped below at 1 minus this."""
    clip_high: float = Field(0.2, gt=0)
    """The probability ratio is clipped above at 1 plus this (DAPO's clip-higher where it is the larger). For `cispo`
    ScaleRL (arXiv 2510.13786) takes 4."""
    kl: float = Field(0.0, ge=0)
    """Coefficient of the KL divergence to the starting policy, as k3 times the probability ratio estimates it (TRL's
    `use_bias_correction_kl`): with `ratio = "token"` without bias where a generation serves several updates too."""
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo"] = "dapo"
    """TRL's loss of this name; `dapo` is the token mean over the batch that Guru used."""
    ratio: Literal["token", "sequence"] = "token"
    """What the probability ratio is taken of (`importance_sampling_level`); `grpo` with `sequence` is GSPO."""
    scale: Literal["group", "batch", "none"] = "group"
    """What the advantage is divided by."""
    mask_truncated: bool = False
    """Learn nothing from responses that were cut at `max_tokens`."""
    resample: Literal["none", "history", "pools"] = "none"
    """`history`: a problem whose last group was right throughout sits out the next pass (SRPO, arXiv 2504.14286).
    `pools`: the problems of a domain come in shares by how their last group ended, see `quotas`."""
    quotas: dict[Pool, float] = {"live": 0.5, "unknown": 0.3, "hard": 0.15, "easy": 0.05}  # noqa: RUF012  # pydantic copies it
    """Shares of the draws of a domain with `resample = "pools"`: right throughout (`easy`), never (`hard`), between the
    two (`live`), not tried yet (`unknown`). A pool that is empty leaves its turns to the others."""
    redraws: int = Field(0, ge=0)
    """How many times a step asks other problems of the same domain in place of groups without signal, all right or all
    wrong (dynamic sampling, DAPO, arXiv 2503.14476). A group that none replaces stays, and teaches nothing."""
    micro_batch: int = Field(64, ge=1)
    """Sequences in one forward and backward pass."""
    save_every: int = Field(25, ge=1)
    """Steps between checkpoints; rounded up to a generation boundary, where resuming is exact."""
    gradient_checkpointing: bool = False
    """Trades time for memory."""

    @model_validator(mode="after")
    def _fits(self) -> Grpo:
        if (self.prompts * self.group) % min(self.micro_batch, self.prompts * self.group):
            raise ValueError(f"prompts x group = {self.prompts * self.group} must be a multiple of micro_batch")
        if any(share < 0 for share in self.quotas.values()) or not sum(self.quotas.values()):
            raise ValueError("grpo.quotas are shares of 0 or more, one at least above 0")
        if self.resample == "pools" and self.redraws:
            raise ValueError('grpo.redraws asks others than the pools chose: set it to 0, or grpo.resample to "none"')
        if self.loss == "luspo" and self.ratio != "sequence":
            raise ValueError('loss "luspo" takes the ratio of whole sequences: set ratio = "sequence"')
        return self


OF_GRPO = ("loss", "ratio", "scale", "clip_low", "clip_high", "mask_truncated")
"""What of `[grpo]` its loss alone takes."""


class Reward(Config):
    """What is paid. The verdicts are kept as they are, so curves and pages show what the verifier said."""

    control: Literal["none", "random", "format", "incorrect", "majority"] = "none"
    """Pay something else than the verdict, to see what learning gains by itself (Spurious Rewards, arXiv 2506.10947):
    a fair coin; any answer that can be read; an answer that is wrong; the answer that the starting policy gives most
    often. What is not the model's fault still pays nothing."""
    majority_samples: int = Field(16, ge=2)
    """Responses of the starting policy to each problem that decide its majority."""
    format: float = Field(0.0, ge=0)
    """Paid on top where an answer can be read."""
    overlong: int = Field(0, ge=0)
    """The last so many tokens before `max_tokens` cost more and more, at the end 1 (DAPO, arXiv 2503.14476, eq. 13)."""


class Dpo(Config):
    """Learn by preference (DPO, arXiv 2305.18290) from the groups that `[grpo]` samples, instead of by GRPO's loss."""

    beta: float = Field(0.1, gt=0)
    """How closely the reference is kept to."""
    pairs: Literal["one", "all"] = "one"
    """Of each group one better and one worse response at random, or every such pair (GroupDPO, arXiv 2506.21495)."""
    sync_ref: bool = True
    """The reference is the policy that sampled, and moves with it; otherwise it is the starting policy."""


class Sft(Config):
    """Learn from the right responses of the groups that `[grpo]` samples by supervised learning (rejection sampling,
    arXiv 2308.01825), instead of by GRPO's loss."""

    per_problem: int = Field(1, ge=1)
    """Different right responses of each problem that are learnt from, at most."""


class Lora(Config):
    """Train low-rank updates beside frozen weights (LoRA, arXiv 2106.09685); the policy is then an adapter."""

    r: int = Field(16, ge=1)
    """Rank of an update."""
    alpha: int = Field(32, ge=1)
    """An update is scaled by alpha / r."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of an update's inputs that a training pass leaves out."""
    target_modules: tuple[str, ...] = ()
    """Layers that are updated, by the end of their name (`q_proj`); every linear layer but the head without it."""


class Stage(Config):
    """A stretch of a training. It ends after its steps, or as soon as one of its rules holds; the last one stays."""

    steps: int | None = Field(None, ge=1)
    """It lasts so many optimiser steps at most; rounded up to a whole generation."""
    domain_weights: dict[str, float] = Field(default_factory=dict)
    """Share of prompts by domain, 0 for none; those of `data` without it."""
    max_tokens: int | None = Field(None, ge=1)
    """Longest response; that of `[grpo]` without it, and never more."""
    until_reward: float | None = Field(None, gt=0, le=1)
    """It ends when the verdicts of its last five generations have this mean score."""
    until_length: float | None = Field(None, gt=0)
    """It ends when the responses of its last five generations are so many tokens long in the mean."""

    @field_validator("domain_weights")
    @classmethod
    def _weights(cls, given: dict[str, float]) -> dict[str, float]:
        return shares(given)


def on_the_way(every: int, steps: int) -> dict[str, int]:
    """Name -> step of the measurements that a training of so many steps makes on its way, so not behind its last one.

    Example:
        >>> on_the_way(2, 5), on_the_way(2, 2), on_the_way(0, 5)
        ({'step-2': 2, 'step-4': 4}, {}, {})
    """
    return {f"step-{step}": step for step in range(every, steps, every)} if every else {}


class HeldOut(Suite):
    """Problems that are held out of a training, asked before and after it and, if wanted, on the way."""

    every: int = Field(0, ge=0)
    """Optimiser steps between further measurements while it trains; 0 measures before and after alone."""

    def on_the_way(self, steps: int) -> dict[str, int]:
        """See `on_the_way`."""
        return on_the_way(self.every, steps)


class StudyPlan(Config):
    """What `assay study` trains besides the mix of all domains, and what it measures; each run has the same budget."""

    domains: tuple[str, ...] = ()
    """Domains that get a run of their own; all that the data holds without it."""
    controls: tuple[Literal["random", "format", "incorrect"], ...] = ("random",)
    """Runs on the mix that are paid something else than the verdict; see `reward.control`."""
    budgets: dict[str, int] = Field(default_factory=dict)
    """Optimiser steps of single runs, where they are to differ from `grpo.steps`; the report says that they do."""
    seeds: tuple[int, ...] = ()
    """Every run is trained once with each of these; with the recipe's `seed` alone without it."""
    keep: tuple[float, float] | None = None
    """One more run on the mix, `filtered`: on the problems that the starting policy solves at least and at most so
    often."""
    keep_samples: int = Field(8, ge=2)
    """Responses to each training problem by which `keep` decides."""
    second: dict[str, str] = Field(default_factory=dict)
    """Domain -> a second verifier, which judges what is held out too: does what training gained hold by it?"""
    following: Suite | None = None
    """Problems with constraints (`constraints = 1`): are they followed less after training?"""

    @model_validator(mode="after")
    def _fits(self) -> StudyPlan:
        if wrong := [name for name, steps in self.budgets.items() if steps < 1]:
            raise ValueError(f"study.budgets: a run takes at least one step; {wrong[0]} has {self.budgets[wrong[0]]}")
        if self.keep is not None and not 0 <= self.keep[0] <= self.keep[1] <= 1:
            raise ValueError("study.keep is two shares from 0 to 1, the smaller first, such as [0.1, 0.9]")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("study.seeds names a seed twice")
        if any(not 0 <= seed < SEEDS for seed in self.seeds):
            raise ValueError(f"study.seeds are numbers from 0 to {SEEDS - 1}")
        return self


class GrpoRecipe(Config):
    """`method = "grpo"`."""

    method: Literal["grpo"] = "grpo"
    """Which kind of recipe it is."""
    seed: int = Field(0, ge=0, lt=SEEDS)
    """Decides the order of problems, what is sampled, and the draws of its data."""
    model: Model = Model()
    data: Data
    grpo: Grpo = Grpo()
    dpo: Dpo | None = None
    """GRPO's loss is taken without it."""
    sft: Sft | None = None
    """GRPO's loss is taken without it."""
    reward: Reward = Reward()
    oracle: Oracle | None = None
    """A second verifier on a sample of rollouts, and an alarm where the two part; none without it."""
    guards: Guards | None = None
    """Limits of entropy, KL and length, and what happens where one is crossed; none without it."""
    stages: tuple[Stage, ...] = ()
    """Stretches with domains and lengths of their own; one without it."""
    lora: Lora | None = None
    """All weights are trained without it."""
    report_to: tuple[Literal["tensorboard", "wandb", "trackio", "mlflow"], ...] = ()
    """Where each step's metrics go besides `metrics.jsonl`; it decides no result, and may change on resume."""
    eval: HeldOut | None = None
    """Held-out problems, measured before and after training; none without it, or with `eval = false`."""
    study: StudyPlan | None = None
    """What `assay study` makes of the recipe; `assay train` takes no notice of it."""
    threads: int = Field(1, ge=0, le=1024)
    """Torch threads; 0 leaves torch's own choice. One is often fastest for tiny models on shared cores."""
    workers: int = Field(2, ge=1)
    """Verifications that run side by side."""

    @model_validator(mode="after")
    def _fits(self) -> GrpoRecipe:
        if self.reward.overlong > self.grpo.max_tokens:
            raise ValueError(f"reward.overlong is at most grpo.max_tokens, {self.grpo.max_tokens}")
        if self.dpo and min(self.grpo.micro_batch, self.grpo.prompts * self.grpo.group) % self.grpo.group:
            raise ValueError(f"[dpo] compares within groups: grpo.micro_batch must be a multiple of {self.grpo.group}")
        if self.lora and self.model.last_layers:
            raise ValueError("[lora] and model.last_layers both say what is trained: give one of them")
        if (self.dpo or self.sft) and self.grpo.redraws:
            raise ValueError("[dpo] and [sft] take groups as they were sampled: leave grpo.redraws at 0")
        if self.grpo.redraws and self.grpo.scale == "batch":
            raise ValueError('grpo.redraws replaces groups of a batch: set grpo.scale to "group" or "none"')
        if self.dpo and self.sft:
            raise ValueError("a recipe has one loss: give it [dpo] or [sft]")
        if self.dpo and self.grpo.kl:
            raise ValueError("[dpo] keeps to its reference by dpo.beta: leave grpo.kl at 0")
        if self.sft and (self.grpo.kl or self.reward != Reward()):
            raise ValueError("[sft] learns from right responses alone: leave grpo.kl and [reward] out")
        own = "[dpo]" if self.dpo else "[sft]" if self.sft else ""
        usual = Grpo()
        if own and (unused := [name for name in OF_GRPO if getattr(self.grpo, name) != getattr(usual, name)]):
            raise ValueError(f"{own} has a loss of its own, which takes no grpo.{unused[0]}: leave it out")
        return self

    @model_validator(mode="after")
    def _is_measured(self) -> GrpoRecipe:
        if self.guards and self.guards.max_kl and not self.grpo.kl:
            raise ValueError("guards.max_kl watches what is measured where grpo.kl is above 0: set both, or neither")
        return self

    @model_validator(mode="after")
    def _stages_follow(self) -> GrpoRecipe:
        for number, stage in enumerate(self.stages, 1):
            ends = (stage.steps, stage.until_reward, stage.until_length) != (None, None, None)
            if number < len(self.stages) and not ends:
                raise ValueError(f"stage {number} never ends: give it steps, until_reward or until_length")
            if number == len(self.stages) and ends:
                raise ValueError(f"stage {number} is the last and lasts to the end: leave out its steps and until_*")
            if (stage.max_tokens or 1) > self.grpo.max_tokens:
                raise ValueError(
                    f"stage {number} allows {stage.max_tokens} tokens, grpo.max_tokens only {self.grpo.max_tokens}"
                )
            if self.reward.overlong > (stage.max_tokens or self.grpo.max_tokens):
                raise ValueError(f"reward.overlong is at most the max_tokens of stage {number}, {stage.max_tokens}")
            if (stage.until_length or 0) > (stage.max_tokens or self.grpo.max_tokens):
                raise ValueError(f"stage {number} waits for responses that are longer than it allows: until_length")
        period = self.grpo.updates * (min(self.grpo.sync_every, self.grpo.steps) or self.grpo.steps)
        if sum(-(-(stage.steps or 0) // period) * period for stage in self.stages) >= self.grpo.steps:
            raise ValueError(f"the stages before the last take all {self.grpo.steps} steps: raise grpo.steps")
        return self

    @field_validator("eval", mode="before")
    @classmethod
    def _switched_off(cls, given: Any) -> Any:
        return None if given is False else given


class Tiny(Config):
    """A Llama configuration small enough to learn on a laptop's processor."""

    hidden: int = Field(128, ge=16)
    """Width."""
    layers: int = Field(4, ge=1)
    """Transformer blocks."""
    heads: int = Field(4, ge=1)
    """Attention heads."""
    feed_forward: int = Field(320, ge=16)
    """Width of the feed-forward layers."""
    vocabulary: int = Field(512, ge=264)
    """Byte-level: 256 bytes, special tokens, and merges learnt from the demonstrations."""
    context: int = Field(512, ge=64)
    """Longest prompt and response together, in tokens."""


class Phase(Config):
    """A stretch of supervised learning with a cosine schedule."""

    steps: int = Field(1000, ge=1)
    """Optimiser steps."""
    learning_rate: float = Field(2e-3, gt=0)
    """At its highest."""
    noise: float = Field(0.0, ge=0, lt=1)
    """Share of demonstrations that are wrong on purpose."""


class Warmup(Config):
    """Supervised learning on gold responses, then on noisy ones.

    The first phase teaches the tasks; the second puts probability on wrong answers of the same form.
    """

    phases: tuple[Phase, ...] = (Phase(), Phase(steps=200, learning_rate=5e-4, noise=0.5))
    batch: int = Field(64, ge=1)
    """Demonstrations a step."""
    save_every: int = Field(200, ge=1)
    """Steps between checkpoints."""


class WarmupRecipe(Config):
    """`method = "warmup"`."""

    method: Literal["warmup"]
    """Which kind of recipe it is."""
    seed: int = Field(0, ge=0, lt=SEEDS)
    """Decides the weights, the noise and the order."""
    tiny: Tiny = Tiny()
    data: Data
    warmup: Warmup = Warmup()
    threads: int = Field(1, ge=0, le=1024)
    """Torch threads; 0 leaves torch's own choice."""


class ValuesRecipe(Config):
    """`method = "values"`: a verifier head on a language model (Cobbe et al. 2021, arXiv 2110.14168, section 4.2)."""

    method: Literal["values"]
    """Which kind of recipe it is."""
    run: str
    """Whose verdicts are learnt: a directory that `assay measure`, `assay eval` or `assay rescore` wrote, with several
    samples of a problem."""
    model: Model = Model()
    seed: int = Field(0, ge=0, lt=SEEDS)
    """Decides the order."""
    every_token: bool = True
    """Learn the verdict at every token of a response (token-level), or at its last one alone."""
    epochs: int = Field(2, ge=1)
    """Passes over the responses."""
    batch: int = Field(64, ge=1)
    """Responses of an update."""
    learning_rate: float = Field(3e-4, gt=0)
    """At its highest; it falls to 0 in a line."""
    threads: int = Field(1, ge=0, le=1024)
    """Torch threads; 0 leaves torch's own choice."""
