"""Direct preference optimisation on the groups that GRPO samples: online, semi-online or offline.

DPO (Rafailov et al., arXiv 2305.18290, eq. 7) on pairs that verdicts make; how old the sampling policy may be is
`grpo.sync_every` (Bridging Offline and Online RL, arXiv 2506.21495, section 3). Of a group with scores r the loss is

    sum over i, j of  w[i, j] * -log sigmoid(d[i] - d[j]),     d[i] = beta * (log pi(y_i | x) - log pi_ref(y_i | x))

where w chooses pairs with r[i] > r[j] and sums to 1, or is 0 where all are equal. A step is the mean over its groups.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from assay.learn.recipe import Dpo
from assay.learn.trainer import Batch, PolicyTrainer, nothing_to_learn, trimmed

SEQUENCES = ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask")


class PreferenceTrainer(PolicyTrainer):
    """`PolicyTrainer` with the loss of DPO. Its batches hold a row for each group: (P, G, ...)."""

    def __init__(self, *, dpo: Dpo, **rest: Any) -> None:
        super().__init__(**rest)
        self.dpo = dpo
        self.draws = torch.Generator().manual_seed(self.args.seed)

    def _generate_and_score_completions(self, inputs: Any) -> Batch:
        """Groups with their pairs and the reference's log-probabilities, all as of the moment they were sampled."""
        batch = super()._generate_and_score_completions(inputs)
        shape = (-1, self.num_generations)
        paid = [self.paid(said) for said in self.judged]
        scores = torch.tensor([torch.nan if score is None else score for score in paid]).view(shape)
        self.draws.manual_seed(self.args.seed + self.state.global_step)  # the same after a restart
        pairs = pair_weights(scores, one=self.dpo.pairs == "one", generator=self.draws)
        if self.dpo.sync_ref:
            with torch.no_grad():
                reference = self._logps(self.model, batch, self.args.per_device_train_batch_size)[0]
        else:
            reference = (batch["ref_per_token_logps"] * batch["completion_mask"]).sum(1)
        groups = {name: batch[name].view(*shape, batch[name].shape[1]) for name in SEQUENCES}
        return groups | {"pairs": pairs.to(reference.device), "reference": reference.view(shape)}

    def _compute_loss(self, model: Any, inputs: Batch) -> Any:
        """The mean over groups; responses that stand in no pair cost nothing."""
        pairs = inputs["pairs"]
        live = ((pairs.sum(1) + pairs.sum(2)) > 0).flatten()
        if not live.any():
            return nothing_to_learn(model)
        flat = trimmed({name: inputs[name].flatten(0, 1)[live] for name in SEQUENCES})
        logps, entropy = self._logps(model, flat)
        gains = torch.zeros(len(live), device=logps.device).masked_scatter(live, logps)
        delta = self.dpo.beta * (gains.view_as(inputs["reference"]) - inputs["reference"])
        if self.model.training:
            said = self._metrics["train"]
            said["entropy"].append(entropy)
            said["preference/margin"].append((pairs * (delta[:, :, None] - delta[:, None])).sum().item() / len(pairs))
        return dpo_loss(delta, pairs) / self.current_gradient_accumulation_steps

    def _logps(self, model: Any, batch: Batch, size: int | None = None) -> tuple[torch.Tensor, float]:
        """Log-probability of each completion, (B,), and the mean entropy of a token."""
        ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
        mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
        length = batch["completion_ids"].shape[1]
        logps, entropies, _ = self._get_per_token_logps_and_entropies(
            model, ids, mask, length, batch_size=size, compute_entropy=True
        )
        counted = batch["completion_mask"]
        return (logps * counted).sum(1), ((entropies * counted).sum() / counted.sum().clamp(min=1)).item()


def pair_weights(scores: torch.Tensor, *, one: bool, generator: torch.Generator | None = None) -> torch.Tensor:
    """w of the formula, (P, G, G), from scores (P, G), NaN where a response carries none.

    With `one`, a single pair of each group, drawn evenly; otherwise all, each with the same weight (GroupDPO).
    """
    better = (scores[:, :, None] > scores[:, None]).float()  # NaN is above nothing
    if one:
        flat = better.flatten(1)
        some = flat.sum(1, keepdim=True) > 0
        drawn = torch.multinomial(torch.where(some, flat, torch.ones_like(flat)), 1, generator=generator)
        better = (torch.zeros_like(flat).scatter_(1, drawn, 1.0) * some).view_as(better)
    return better / better.sum(dim=(1, 2), keepdim=True).clamp(min=1)


def dpo_loss(delta: torch.Tensor, pairs: torch.Tensor) -> torch.Tensor:
    """The formula's mean over groups, from d (P, G) and w (P, G, G)."""
    return -(pairs * F.logsigmoid(delta[:, :, None] - delta[:, None])).sum() / len(pairs)
