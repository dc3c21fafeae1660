"""Checkpoints that can be trusted after a crash: only those written to their end are resumed from."""

from __future__ import annotations

import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.errors import AssayError, MissingExtra

WHOLE = "WHOLE"
"""Marker file of a checkpoint that was written to its end."""


def quiet_imports() -> Any:
    """Import transformers without its bars and notices: ours are the only ones. Raises `MissingExtra`."""
    try:
        import transformers
        import trl  # noqa: F401  # checked here so that the message names the extra
    except ImportError:
        raise MissingExtra("training", "train") from None
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    logging.getLogger("trl").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    return transformers


def mark_whole(transformers: Any) -> Any:
    """A trainer callback that marks each checkpoint after its last file is written. One whose weights are not finite is
    never resumed from: it raises `AssayError` instead."""
    import torch

    class MarkWhole(transformers.TrainerCallback):
        def on_save(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
            if not all(torch.isfinite(weights).all() for weights in model.parameters() if weights.requires_grad):
                raise AssayError(
                    f"the policy has diverged: at step {state.global_step} its weights are not finite. The checkpoint "
                    f"before it in {args.output_dir} is whole, and can be model.path of another run, with a smaller "
                    "learning rate"
                )
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE).touch()

    return MarkWhole()


@contextmanager
def written(where: Path) -> Iterator[None]:
    """For a block that writes weights: a disk that takes no more ends in an `AssayError`. torch and safetensors have
    errors of their own for it, which name neither the disk nor a way out."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as broken:
        free = shutil.disk_usage(next(path for path in (where, *where.parents) if path.exists())).free
        raise AssayError(
            f"{where} could not be written ({str(broken).splitlines()[0]}; {free / 1e6:,.0f} MB are free): make room, "
            "and run the same command again, which goes on from the last whole checkpoint"
        ) from broken


def newest_checkpoint(directory: Path) -> Path | None:
    """The newest checkpoint that was written to its end; half-written ones are removed."""
    found = sorted(directory.glob("checkpoint-*"), key=_step)
    for broken in [path for path in found if not (path / WHOLE).exists()]:
        shutil.rmtree(broken)
    return next((path for path in reversed(found) if path.exists()), None)


def newest_step(folder: Path) -> int:
    """Optimiser steps that the newest whole checkpoint has behind it; 0 where there is none."""
    found = newest_checkpoint(folder)
    return _step(found) if found else 0


def _step(path: Path) -> int:
    return int(path.name.partition("-")[2])


def save_policy(model: Any, tokenizer: Any, where: Path) -> Path:
    """Write weights and tokenizer so that the directory appears in one step."""
    temporary = where.with_name(f".{where.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    with written(where):
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
    os.replace(temporary, where)
    return where
