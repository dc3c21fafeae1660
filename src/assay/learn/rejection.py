"""Rejection sampling: supervised learning on the policy's own right responses (RFT, arXiv 2308.01825).

    L = - 1/N sum_i sum_t k_i log p(y_it | x_i, y_i<t),    N = sum_i k_i |y_i|

k is 1 for at most `per_problem` different right responses of each problem that were not cut, and 0 for all others. With
`grpo.sync_every = 0` all problems are answered by the starting policy first, as in the paper; with 1 each step learns
from what the policy of that step says (RAFT, arXiv 2304.06767).
"""

from __future__ import annotations

from typing import Any

import torch

from assay.learn.recipe import Sft
from assay.learn.trainer import Batch, PolicyTrainer, live_rows, nothing_to_learn
from assay.rollout.exports import taught


class RejectionTrainer(PolicyTrainer):
    """`PolicyTrainer` with the loss above; its batches hold k in the place of advantages."""

    def __init__(self, *, sft: Sft, **rest: Any) -> None:
        super().__init__(**rest)
        self.sft = sft

    def _generate_and_score_completions(self, inputs: Any) -> Batch:
        batch = super()._generate_and_score_completions(inputs)
        kept = {id(said) for said in taught(self.judged, self.sft.per_problem)}
        keep = torch.tensor([float(id(said) in kept) for said in self.judged], device=batch["advantages"].device)
        tokens = (batch["completion_mask"] * keep[:, None]).sum()
        return batch | {"advantages": keep, "num_items_in_batch": tokens}

    def _compute_loss(self, model: Any, inputs: Batch) -> Any:
        """Rows that are not kept cost nothing; a part without one has a gradient, zero."""
        live = inputs["advantages"] > 0
        if not (kept := int(live.sum())):
            return nothing_to_learn(model)
        few = live_rows(inputs, live, kept)
        ids = torch.cat([few["prompt_ids"], few["completion_ids"]], dim=1)
        mask = torch.cat([few["prompt_mask"], few["completion_mask"]], dim=1)
        logps, entropies, _ = self._get_per_token_logps_and_entropies(
            model, ids, mask, few["completion_ids"].shape[1], compute_entropy=True
        )
        counted = few["completion_mask"] * few["advantages"][:, None]
        if self.model.training:
            said = (entropies * few["completion_mask"]).sum() / few["completion_mask"].sum().clamp(min=1)
            self._metrics["train"]["entropy"].append(said.item())
        steps = (
            self.args.steps_per_generation / self.current_gradient_accumulation_steps
        )  # optimiser steps it lasts for
        return -(logps * counted).sum() / (inputs["num_items_in_batch"] / steps).clamp(min=1)
