"""Every key of every recipe, suite and verifier, with its default and meaning: the page `docs/reference.md`.

It is made from the classes themselves (their annotations, defaults, and the sentence under each field), so it cannot
say anything else than the code; `make reference` writes it and a test holds it.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from assay.curate.recipe import CurationRecipe
from assay.evaluate.suite import Suite
from assay.judging.params import Params
from assay.judging.verifier import VERIFIERS
from assay.learn.head import HeadRecipe
from assay.learn.recipe import GrpoRecipe, ValuesRecipe, WarmupRecipe

PAGES = (
    ("`assay curate`", CurationRecipe),
    ('`assay train`, `method = "grpo"`', GrpoRecipe),
    ('`assay train`, `method = "warmup"`', WarmupRecipe),
    ('`assay train`, `method = "head"`', HeadRecipe),
    ('`assay train`, `method = "values"`', ValuesRecipe),
    ("`assay eval --suite`", Suite),
)


def reference() -> str:
    """The page, in Markdown."""
    parts = [
        "# Reference",
        "Every key of a recipe can be overridden on the command line: `--grpo.steps=50`, `--sources.0.cap=100`.\n"
        "This page is made from the code by `make reference`.",
    ]
    shown: set[type] = set()
    for title, kind in PAGES:
        parts.append(f"## {title}")
        parts += _tables(kind, "", shown)
    parts.append("## Parameters of verifiers")
    for name in VERIFIERS.built_in():
        params = VERIFIERS.get(name).params
        if params is not Params:
            parts.append(f"### `{name}`")
            parts += _tables(params, "", shown)
    return "\n\n".join(parts) + "\n"


def _tables(kind: type[Any], prefix: str, shown: set[type]) -> Iterator[str]:
    """The table of a class, and of each class that its fields hold and that was not shown yet."""
    shown.add(kind)
    rows, inner, told = [], [], _told(kind)
    for name, annotation, default in _fields(kind):
        within = [part for part in _parts(annotation) if _is_record(part)]
        more = [part for part in within if part not in shown]
        inner += [(part, f"{prefix}{name}") for part in more]
        said = told.get(name, "")
        if within:
            said = f"{said} See {' or '.join(f'`{part.__name__}`' for part in within)}.".strip()
        rows.append(f"| `{prefix}{name}` | {default} | {said} |")
    if rows:
        yield "\n".join([f"`{kind.__name__}`", "", "| key | default | meaning |", "|---|---|---|", *rows])
    for part, at in inner:
        if part not in shown:
            yield from _tables(part, f"{at}.", shown)


def _fields(kind: type[Any]) -> Iterator[tuple[str, Any, str]]:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        for one in fields(kind):
            yield one.name, hints[one.name], "needed" if one.default is MISSING else _shown(one.default)
        return
    for name, field in kind.model_fields.items():
        default = field.get_default(call_default_factory=True)
        yield name, field.annotation, "needed" if default is PydanticUndefined else _shown(default)


def _shown(default: Any) -> str:
    if _is_record(type(default)):
        return "as below"
    if isinstance(default, tuple) and any(_is_record(type(item)) for item in default):
        return "as below"
    if default is None or default in ((), {}, ""):
        return "none"
    return f"`{json.dumps(default)}`"


def _parts(annotation: Any) -> list[Any]:
    """The classes that an annotation names, within unions and tuples too."""
    inner = get_args(annotation)
    return [part for each in inner for part in _parts(each)] if inner else [annotation]


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel | Params) and kind is not Params


def _told(kind: type[Any]) -> dict[str, str]:
    """Field -> the sentence under it."""
    told = {} if kind.__base__ in (None, object, BaseModel, Params) else _told(kind.__base__)
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            said = ast.literal_eval(text.value)
            told[field.target.id] = " ".join(str(said).split()).replace("|", "\\|")
    return told
