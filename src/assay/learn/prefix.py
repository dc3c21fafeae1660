"""Log-probabilities of many responses to few prompts, for a gradient: each prompt is read once for its whole group.

The responses of a group go on from the keys and values of their prompt, and the gradient flows back through these, so
it is that of reading every row from its beginning. A group of G responses of T tokens to a prompt of P costs P + G T
tokens instead of G (P + T), and the head scores no token of a prompt.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from assay.models.decoding import MEMORIES

Scored = tuple[torch.Tensor, torch.Tensor | None]


def shareable(model: Any) -> bool:
    """Whether what the model remembers of a prompt is all keys and values of it, so that others may go on from them."""
    layers = DynamicCache(config=model.config).layers
    takes = inspect.signature(model.get_decoder().forward).parameters
    whole = bool(layers) and all(type(layer) is DynamicLayer for layer in layers)
    return whole and "position_ids" in takes and any(name in takes for name in MEMORIES)


def scored_by_prompt(base: Any, model: Any, ids_BL: torch.Tensor, mask_BL: torch.Tensor, length: int) -> Scored:
    """Log-probabilities and entropies, each (B, T), of the last T = `length` tokens of rows that are padded outwards.

    `base` is the causal model as transformers makes it; `model` is the same as TRL calls it, with its fused head. A
    prompt is all before the last T tokens; it has at least two tokens, or padding. Padding of responses scores 0.
    """
    decoder, cache = base.get_decoder(), DynamicCache(config=base.config)
    takes = inspect.signature(decoder.forward).parameters
    memory = next(name for name in MEMORIES if name in takes)
    first = ids_BL.shape[1] - length - 1  # the last token of a prompt is read with the response that it predicts
    positions_BL = (mask_BL.cumsum(dim=1) - 1).clamp(min=0)
    rows_B2P = torch.cat([ids_BL[:, :first], mask_BL[:, :first]], dim=1)
    prompts_U2P, prompt_B = torch.unique(rows_B2P, dim=0, return_inverse=True)
    ids_UP, mask_UP = prompts_U2P[:, :first], prompts_U2P[:, first:]
    positions_UP = (mask_UP.cumsum(dim=1) - 1).clamp(min=0)
    decoder(input_ids=ids_UP, attention_mask=mask_UP, position_ids=positions_UP, use_cache=True, **{memory: cache})
    cache.reorder_cache(prompt_B)
    said = model(
        input_ids=ids_BL[:, first:-1],
        attention_mask=mask_BL[:, :-1],
        position_ids=positions_BL[:, first:-1],
        shift_labels=ids_BL[:, -length:].masked_fill(mask_BL[:, -length:] == 0, -100),
        fused_lm_head=True,
        **{memory: cache},
    )
    return said.log_probs, said.entropy
