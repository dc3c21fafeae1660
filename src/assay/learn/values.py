"""A verifier head on a language model: how likely a response is right, said at each of its tokens.

Cobbe et al. 2021 (arXiv 2110.14168, section 4.2): a linear head v on the hidden states of a causal model is trained
with them by the squared error to the label y of the whole response,

    L = 1/B sum_i  1/|S_i| sum_{t in S_i} (v_it - y_i)^2,

where S_i holds every token of response i (token-level), or its last one alone (solution-level). A response is judged
by v at its last token either way: what is learnt at those before it is an auxiliary task, which holds off overfitting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch

from assay.hashing import hashed_seed

SPREAD = 16
"""Batches that are sorted by length together."""


@dataclass(frozen=True)
class Row:
    """A response, whole, and whether it is right."""

    prompt: tuple[int, ...]
    response: tuple[int, ...]
    right: bool


class ValueHead(torch.nn.Module):
    """A causal language model with a linear head on its last hidden states, as transformers makes the model."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder = model.get_decoder()
        self.head = torch.nn.Linear(model.config.get_text_config().hidden_size, 1)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.constant_(self.head.bias, 0.5)

    def forward(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        """v, (B, L), of tokens (B, L) that are padded on the right."""
        hidden_BLH = self.decoder(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
        return self.head(hidden_BLH.float()).squeeze(-1)  # type: ignore[no-any-return]


def value_loss(values_BL: torch.Tensor, right_B: torch.Tensor, scored_BL: torch.Tensor) -> torch.Tensor:
    """The loss above: a mean over rows of the mean over their scored tokens; `scored_BL` is 1 at these, else 0."""
    error_BL = (values_BL - right_B.to(values_BL.dtype).unsqueeze(1)).square() * scored_BL
    return (error_BL.sum(1) / scored_BL.sum(1)).mean()


def padded(rows: Sequence[Row], pad: int, *, every_token: bool) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens, what of them is real, and what of them is scored, each (B, L); a prompt is never scored."""
    width = max(len(row.prompt) + len(row.response) for row in rows)
    ids, mask, scored = (torch.zeros(len(rows), width, dtype=torch.long) for _ in range(3))
    ids += pad
    for at, row in enumerate(rows):
        start, end = len(row.prompt), len(row.prompt) + len(row.response)
        ids[at, :end] = torch.tensor([*row.prompt, *row.response])
        mask[at, :end] = 1
        scored[at, start if every_token else end - 1 : end] = 1
    return ids, mask, scored


def train_values(
    model: Any,
    rows: Sequence[Row],
    *,
    every_token: bool,
    pad: int,
    epochs: int = 2,
    batch: int = 64,
    learning_rate: float = 3e-4,
    seed: int = 0,
) -> ValueHead:
    """Train model and head together by AdamW; `every_token` chooses S. Rows without a token in the response are left
    out. The model is changed."""
    values = ValueHead(model).train()
    known = [row for row in rows if row.response]
    steps = epochs * -(-len(known) // batch)
    optimizer = torch.optim.AdamW(values.parameters(), lr=learning_rate, weight_decay=0.0)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / max(1, steps))
    for epoch in range(epochs):
        for part in _batches(known, batch, hashed_seed(seed, "values", epoch)):
            ids, mask, scored = padded(part, pad, every_token=every_token)
            loss = value_loss(values(ids, mask), torch.tensor([row.right for row in part]), scored)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(values.parameters(), 1.0)
            optimizer.step()
            rate.step()
    return values.eval()


def _batches(rows: Sequence[Row], size: int, seed: int) -> list[list[Row]]:
    """All rows, in batches of similar length that come in any order."""
    random, order = Random(seed), list(rows)
    random.shuffle(order)
    made = []
    for start in range(0, len(order), SPREAD * size):
        block = sorted(order[start : start + SPREAD * size], key=lambda row: len(row.prompt) + len(row.response))
        made += [block[at : at + size] for at in range(0, len(block), size)]
    random.shuffle(made)
    return made


@torch.no_grad()
def judged(values: ValueHead, rows: Sequence[Row], *, pad: int, batch: int = 256) -> list[float]:
    """v at the last token of each response, in their order; a response without a token is judged by its prompt."""
    found = []
    for start in range(0, len(rows), batch):
        ids, mask, _ = padded(rows[start : start + batch], pad, every_token=False)
        found += values(ids, mask).gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1).tolist()
    return found
