"""Dynamic sampling (DAPO, arXiv 2503.14476, eq. 11): a group whose responses were all judged alike teaches nothing, so
another problem is asked in its place, until the batch is full of groups that do or the draws are used up.

The paper draws from all problems; here a group gives way to one of its own domain, so that domains keep their shares.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any

import torch
import torch.nn.functional as F

from assay.hashing import hashed_seed

Batch = dict[str, Any]
LEFT = ("prompt_ids", "prompt_mask")
"""What is padded on the left; all else on the right."""


class Reserve:
    """Problems to ask instead, in an order that only the seed, the generation and what it asked decide."""

    def __init__(self, domains: Sequence[str], seed: int) -> None:
        self.domains, self.seed = domains, seed

    def instead(self, given_up: Mapping[int, int], asked: Collection[int], generation: int) -> dict[int, int]:
        """For each group, whose problem is given up, one of its domain that was not asked, while there are some."""
        left: dict[str, list[int]] = {}
        for index, domain in enumerate(self.domains):
            if index not in asked:
                left.setdefault(domain, []).append(index)
        for domain, indices in left.items():
            Random(hashed_seed(self.seed, "reserve", generation, domain)).shuffle(indices)
        return {
            group: left[domain].pop() for group, index in given_up.items() if left.get(domain := self.domains[index])
        }


def dead_groups(advantages: torch.Tensor, size: int, noise: float) -> list[int]:
    """Numbers of the groups of `size` rows in which no advantage, (B,), is above the noise."""
    dead = (advantages.view(-1, size).abs() <= noise).all(dim=1)
    return [int(number) for number in dead.nonzero().flatten()]


def replaced(batch: Batch, other: Batch, groups: Sequence[int], size: int, pad: int) -> Batch:
    """The batch with the rows of these groups taken from another, in its order."""
    rows = torch.tensor([group * size + row for group in groups for row in range(size)])
    total, out = len(batch["advantages"]), dict(batch)
    for name, value in batch.items():
        if not torch.is_tensor(value) or not value.ndim or len(value) != total:
            continue
        new = other[name]
        if value.ndim == 2:
            width = max(value.shape[1], new.shape[1])
            fill = pad if name.endswith("_ids") else 0
            value, new = (_widened(part, width, fill, left=name in LEFT) for part in (value, new))
        out[name] = value.index_copy(0, rows.to(value.device), new.to(value.dtype))
    out["num_items_in_batch"] = out["completion_mask"].sum()
    return out


def _widened(value: torch.Tensor, width: int, fill: int, *, left: bool) -> torch.Tensor:
    more = width - value.shape[1]
    return F.pad(value, (more, 0) if left else (0, more), value=fill)
