"""Sampling from a causal language model: each prompt is read once, and a response that has ended costs nothing more.

`generate` of transformers reads a prompt once for each of its samples and goes on with every row until the last one
ends. A row here draws its numbers from a stream of its own, so what it says does not depend on its neighbours (up to
floating-point noise).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from assay.errors import AssayError
from assay.models.engine import Sampling

DROPPED = 8
"""Rows are taken out once one in so many has ended: each time, what the others remember is copied."""
BLOCK = 256
"""Tokens that are added up at once where a cumulative distribution is inverted."""
LIKELIEST = 512
"""Tokens that are sorted at first: a nucleus that lies within them needs no more."""


MEMORIES = ("cache", "past_key_values", "cache_params")
"""What models call their memory of the tokens so far: since transformers 5.24, before, and of Mamba before."""


class Draw:
    """One token for each row, by inverting the cumulative distribution at the row's next number in [0, 1).

    Args:
        seeds: Seed of each row's stream.
        sampling: Temperature, nucleus and the longest response.
    """

    def __init__(self, seeds: Sequence[int], sampling: Sampling) -> None:
        self.sampling = sampling
        numbers = [np.random.default_rng(seed).random(sampling.max_tokens) for seed in seeds]
        self.numbers_BT = torch.from_numpy(np.stack(numbers))

    def __call__(self, scores_BV: torch.Tensor, rows_B: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and their log-probabilities, each (B,), from logits (B, V) of these rows at this step."""
        scores_BV = scores_BV.float()
        if not bool(scores_BV.max(dim=-1).values.isfinite().all()):
            raise AssayError("the model's next-token scores are not finite: its weights have diverged")
        if self.sampling.temperature == 0:
            chosen_B = scores_BV.argmax(dim=-1)
        else:
            scores_BV = nucleus(scores_BV / self.sampling.temperature, self.sampling.top_p)
            chosen_B = inverted(scores_BV.softmax(dim=-1), self.numbers_BT[rows_B.cpu(), step].to(scores_BV.device))
        said_B = scores_BV.gather(1, chosen_B.unsqueeze(1)).squeeze(1)
        return chosen_B, said_B - scores_BV.logsumexp(dim=-1)


def inverted(probability_BV: torch.Tensor, numbers_B: torch.Tensor) -> torch.Tensor:
    """Where the cumulative distribution of each row passes its number in [0, 1): (B,), never at probability 0.

    Sums over blocks come first, so that only one block a row is added up token by token, in double precision.
    """
    rows, size = probability_BV.shape
    blocks_BKN = F.pad(probability_BV, (0, -size % BLOCK)).view(rows, -1, BLOCK)
    cdf_BK = blocks_BKN.sum(dim=-1, dtype=torch.float64).cumsum(dim=-1)
    block_B, rest_B = _passed(cdf_BK, numbers_B * cdf_BK[:, -1])
    inside_BN = blocks_BKN[torch.arange(rows, device=block_B.device), block_B].double().cumsum(dim=-1)
    return block_B * BLOCK + _passed(inside_BN, rest_B)[0]


def _passed(cdf_BN: torch.Tensor, target_B: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The first place above the target, (B,), and what is left of the target there."""
    target_B1 = torch.minimum(target_B, cdf_BN[:, -1] * (1 - 1e-12)).unsqueeze(1)
    place_B1 = torch.searchsorted(cdf_BN, target_B1, right=True)
    before_B1 = F.pad(cdf_BN, (1, 0)).gather(1, place_B1)
    return place_B1.squeeze(1), (target_B1 - before_B1).squeeze(1)


@torch.no_grad()
def sample(
    model: Any,
    prompts: Sequence[Sequence[int]],
    draw: Draw,
    *,
    eos: Collection[int],
    pad: int,
    stopped: Callable[[torch.Tensor], torch.Tensor] | None = None,
) -> list[tuple[list[int], list[float]]]:
    """Tokens of one response to each prompt, up to and with what ends it, and their log-probabilities.

    Equal prompts are read once. `stopped` says of tokens (B, T) which rows end with their last one, (B,), beside those
    that end with one of `eos`. Dropout is off meanwhile.
    """
    was_training = model.training
    model.eval()
    try:
        said: list[tuple[list[int], list[float]]] = [([], []) for _ in prompts]
        for rows, tokens, logprobs in _drawn(model, prompts, draw, frozenset(eos), pad, stopped):
            for row, token, logprob in zip(rows, tokens, logprobs, strict=True):
                said[row][0].append(token)
                said[row][1].append(logprob)
        return said
    finally:
        model.train(was_training)


def _drawn(
    model: Any,
    prompts: Sequence[Sequence[int]],
    draw: Draw,
    eos: Collection[int],
    pad: int,
    stopped: Callable[[torch.Tensor], torch.Tensor] | None,
) -> Iterator[tuple[list[int], list[int], list[float]]]:
    """Step after step, the open rows with the token and the log-probability that each has drawn."""
    device = model.device
    distinct = {ids: number for number, ids in enumerate(dict.fromkeys(map(tuple, prompts)))}
    first_B = torch.tensor([distinct[tuple(ids)] for ids in prompts], device=device)
    ids_UP, mask_UP = (part.to(device) for part in left_pad(list(distinct), pad))
    logits_UV, cache = _read(model, ids_UP, mask_UP, None)
    cache.reorder_cache(first_B)
    logits_BV, mask_BP, rows_B = logits_UV[first_B], mask_UP[first_B], torch.arange(len(first_B), device=device)
    open_B, tokens_BT = torch.ones_like(rows_B, dtype=torch.bool), rows_B.new_empty((len(rows_B), 0))
    ends = torch.tensor(sorted(eos), device=device)
    for step in range(draw.sampling.max_tokens):
        if step:
            logits_BV, cache = _read(model, tokens_BT[:, -1:], mask_BP, cache)
        chosen_B, logprob_B = draw(logits_BV, rows_B, step)
        yield rows_B[open_B].tolist(), chosen_B[open_B].tolist(), logprob_B[open_B].tolist()
        tokens_BT = torch.cat([tokens_BT, chosen_B[:, None]], dim=1)
        mask_BP = torch.cat([mask_BP, torch.ones_like(chosen_B)[:, None]], dim=1)
        open_B = open_B & ~torch.isin(chosen_B, ends)
        if stopped:
            open_B = open_B & ~stopped(tokens_BT)
        left_B = open_B.nonzero().flatten()
        if not len(left_B):
            return
        if (len(open_B) - len(left_B)) * DROPPED >= len(open_B):
            cache.reorder_cache(left_B)
            rows_B, open_B, tokens_BT, mask_BP = (part[left_B] for part in (rows_B, open_B, tokens_BT, mask_BP))


def _read(model: Any, ids_BT: torch.Tensor, mask_BP: torch.Tensor, cache: Any) -> tuple[torch.Tensor, Any]:
    """Logits of the next token, (B, V), and what the model remembers of all P tokens so far."""
    base = getattr(model, "get_base_model", lambda: model)()
    takes = inspect.signature(base.forward).parameters
    memory = next((name for name in MEMORIES if name in takes), None)
    if memory is None:
        raise AssayError(
            f"{type(base).__name__} keeps nothing of what it has read: it takes none of {', '.join(MEMORIES)}"
        )
    positions_BP = (mask_BP.cumsum(dim=-1) - 1).clamp(min=0)
    said = {"position_ids": positions_BP[:, -ids_BT.shape[1] :], "logits_to_keep": 1, "attention_mask": mask_BP}
    if cache and "position_ids" not in takes and getattr(base, "_is_stateful", False):
        said["attention_mask"] = None  # Mamba reads the mask of a prompt only
    said = {name: value for name, value in said.items() if name in takes}
    out = model(input_ids=ids_BT, use_cache=True, **{memory: cache}, **said)
    return out.logits[:, -1], getattr(out, memory)


def nucleus(scores_BV: torch.Tensor, top_p: float) -> torch.Tensor:
    """Keep the smallest set of tokens whose probability reaches `top_p`; the rest become -inf (Holtzman 2019)."""
    if top_p >= 1:
        return scores_BV
    whole_B1 = scores_BV.logsumexp(dim=-1, keepdim=True)
    for size in (min(LIKELIEST, scores_BV.shape[-1]), scores_BV.shape[-1]):
        ordered, order = scores_BV.topk(size, dim=-1)
        probability = (ordered - whole_B1).exp()
        if bool((probability.sum(dim=-1) >= top_p).all()):
            break
    ordered = ordered.masked_fill(probability.cumsum(dim=-1) - probability >= top_p, float("-inf"))
    return torch.full_like(scores_BV, float("-inf")).scatter_(-1, order, ordered)


def left_pad(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of token ids as a (B, P) tensor padded on the left, and its attention mask."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    return ids, mask
