"""Assay's rewards inside ROLL: `worker_cls: assay.serve.roll.AssayRewardWorker` under `rewards:` of a pipeline.

A row's `ground_truth` is the JSON of an Example. ROLL cannot leave a row out: a verdict without a score raises. Written
to the signature of ROLL's own reward workers (`compute_rewards(DataProto)`), and not run with it.
"""

from __future__ import annotations

from typing import Any

import torch
from roll.distributed.executor.worker import Worker
from roll.distributed.scheduler.decorator import Dispatch, register
from roll.distributed.scheduler.protocol import DataProto
from roll.models.model_providers import default_tokenizer_provider

from assay.serve.columns import judged
from assay.serve.nulls import reward_of


class AssayRewardWorker(Worker):
    """One verdict a response."""

    def __init__(self, worker_config: Any) -> None:
        super().__init__(worker_config=worker_config)
        self.rank_info.dp_rank, self.rank_info.dp_size = self.rank_info.rank, self.rank_info.world_size
        self.tokenizer = default_tokenizer_provider(model_args=self.worker_config.model_args)

    @register(dispatch_mode=Dispatch.ONE_TO_ALL)
    def initialize(self, pipeline_config: Any) -> None:
        """Nothing is loaded."""

    @register(dispatch_mode=Dispatch.DP_MP_COMPUTE, clear_cache=False)
    def compute_rewards(self, data: Any) -> Any:
        """Scores of a batch. Raises `AssayError` where a response has none."""
        said = self.tokenizer.batch_decode(data.batch["responses"], skip_special_tokens=True)
        rows = {"example": list(data.non_tensor_batch["ground_truth"])}
        verdicts = judged(rows, [""] * len(said), said, workers=4)[1]
        scores = torch.tensor([reward_of(verdict) for verdict in verdicts], dtype=torch.float16)
        tokens = torch.zeros_like(data.batch["responses"], dtype=torch.float16)
        return DataProto.from_dict(
            tensors={"token_level_rewards": tokens, "response_level_rewards": scores, "scores": scores}
        )
