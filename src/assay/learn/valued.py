"""From a judged run to a verifier head on a language model, and from a head to how it values another run's responses.

Output directory:
    run.json               the recipe and everything else that decides the result
    problems.json          the problems whose verdicts were learnt; a head values no run that holds one of them
    value.safetensors      the linear head
    verifier/              the model under it, and its tokenizer: its presence says that the training is done
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.config import settings
from assay.errors import AssayError, BadConfig
from assay.files import write_atomically
from assay.journal import owned, refuse_foreign
from assay.learn.arguments import require_whole, train_last
from assay.learn.checkpoints import quiet_imports, save_policy
from assay.learn.recipe import ValuesRecipe
from assay.learn.values import Row, ValueHead, judged, train_values
from assay.models.engine import weights_hash
from assay.models.hf import context_of, weights_path
from assay.models.prompting import encode
from assay.rollout.runs import StoredRun, open_run
from assay.types import Rollout, content_hash
from assay.version import VERSION

VERIFIER, WEIGHTS, PROBLEMS = "verifier", "value.safetensors", "problems.json"
Key = tuple[str, int]


def train_value_head(recipe: ValuesRecipe, out: Path) -> Path:
    """Train the head of a recipe in `out`, and return `out`; a second call returns at once.

    Raises `BadConfig` where the run's verdicts are all alike, or the model cannot be trained here, and what `open_run`
    raises.
    """
    import torch
    from safetensors.torch import save_file

    refuse_foreign(out)
    transformers = quiet_imports()
    require_whole(recipe.model.path)
    run = open_run(Path(recipe.run), "measure", "rescore")
    where = weights_path(recipe.model.path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(where)
    room = context_of(transformers.AutoConfig.from_pretrained(where))
    known = rows_of(run, tokenizer, (said for said in run.store.rollouts() if said.verdict.counts), room)
    seen = [row for row in known.values() if row is not None]
    if len({row.right for row in seen}) < 2:
        raise BadConfig(f"run = {recipe.run!r} holds {len(seen)} responses that were all judged alike: name another")
    facts = {"kind": "values", "recipe": settings(recipe), "model": weights_hash(recipe.model.path), "assay": VERSION}
    facts["data"] = content_hash([[row.prompt, row.response, row.right] for row in seen])
    with owned(out, facts):
        if (out / VERIFIER).is_dir():
            return out
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        transformers.set_seed(recipe.seed)
        model = transformers.AutoModelForCausalLM.from_pretrained(where, dtype=recipe.model.dtype)
        train_last(model, recipe.model.last_layers)
        head = train_values(
            model,
            seen,
            every_token=recipe.every_token,
            pad=_pad(tokenizer),
            epochs=recipe.epochs,
            batch=recipe.batch,
            learning_rate=recipe.learning_rate,
            seed=recipe.seed,
        )
        problems = sorted({run.examples[name].problem_id for name, _ in known if name in run.examples})
        write_atomically(out / PROBLEMS, json.dumps(problems) + "\n")
        save_file(head.head.state_dict(), out / WEIGHTS)
        save_policy(model, tokenizer, out / VERIFIER)
    return out


def values_of(where: Path, run: StoredRun) -> dict[Key, float]:
    """How a head values each response of a run, by Example and number of the sample: 0 or more, most often below 1.

    A response that the model cannot read whole is worth 0. Raises `AssayError` where the head is not there, and where
    it learnt the verdicts of one of the run's problems.
    """
    from safetensors.torch import load_file

    transformers = quiet_imports()
    if not (where / VERIFIER).is_dir():
        raise AssayError(f"{where} holds no trained head yet: give its command again and let it end")
    learnt = set(json.loads((where / PROBLEMS).read_text("utf-8")))
    if seen := [example for example in run.examples.values() if example.problem_id in learnt]:
        raise AssayError(
            f"the head {where} learnt the verdicts of {len(seen)} of the {len(run.examples)} problems of {run.path}: "
            "ask others, of another split"
        )
    tokenizer = transformers.AutoTokenizer.from_pretrained(where / VERIFIER)
    head = ValueHead(transformers.AutoModelForCausalLM.from_pretrained(where / VERIFIER)).eval()
    head.head.load_state_dict(load_file(where / WEIGHTS))
    known = rows_of(run, tokenizer, run.store.rollouts(), context_of(head.decoder.config))
    read = {key: row for key, row in known.items() if row is not None}
    values = judged(head, list(read.values()), pad=_pad(tokenizer))
    return dict.fromkeys(known, 0.0) | {key: max(0.0, value) for key, value in zip(read, values, strict=True)}


def rows_of(run: StoredRun, tokenizer: Any, said: Iterable[Rollout], room: int | None) -> Mapping[Key, Row | None]:
    """Responses as a head reads them, `None` where they are longer with their prompt than the model reads."""
    asked = {name: tuple(encode(tokenizer, example.asked)) for name, example in run.examples.items()}
    made: dict[Key, Row | None] = {}
    for one in said:
        ids = tokenizer(one.response, add_special_tokens=False)["input_ids"]
        end = [tokenizer.eos_token_id] if one.finish == "stop" else []
        if one.example_id in asked:
            row = Row(asked[one.example_id], (*ids, *end), one.verdict.is_correct)
            fits = room is None or len(row.prompt) + len(row.response) <= room
            made[one.example_id, one.index] = row if fits else None
    return made


def _pad(tokenizer: Any) -> int:
    return int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)
