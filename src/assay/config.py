"""TOML and dotted overrides into one typed tree, where an unknown key is an error with the nearest name.

A recipe is `tomllib` -> overrides -> a pydantic model with `extra="forbid"`. The defaults of the models are the
recipe: what a file leaves out is documented by the class.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from assay.errors import BadConfig, did_you_mean
from assay.files import not_utf8
from assay.journal import Settings
from assay.types import content_hash


class Config(BaseModel):
    """Base of every configuration class: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


C = TypeVar("C", bound=BaseModel)


def load_config(kind: type[C], path: Path | str | None, overrides: Sequence[str] = ()) -> C:
    """Read a TOML file, apply overrides such as `model.path=runs/a` or `--model.path=runs/a`, and check it.

    Raises `BadConfig` with the file, the key, what was wrong and the nearest known key.
    """
    return _checked(kind, read_toml(path) if path else {}, overrides, path)


def made(kind: type[C], given: Mapping[str, Any], where: str) -> C:
    """A configuration of arguments that a caller gave; `where` names the call in the `BadConfig` of a wrong one."""
    try:
        return kind.model_validate(given)
    except ValidationError as bad:
        raise BadConfig(_explain(kind, bad, where)) from None


def changed(config: C, overrides: Sequence[str]) -> C:
    """A configuration with overrides applied; see `load_config`."""
    return (
        _checked(type(config), config.model_dump(mode="json", exclude_none=True), overrides, None)
        if overrides
        else config
    )


def _checked(kind: type[C], tree: dict[str, Any], overrides: Sequence[str], path: Path | str | None) -> C:
    for override in overrides:
        key, value = _split(override)
        _put(tree, key.split("."), value, key)
    try:
        return kind.model_validate(tree)
    except ValidationError as bad:
        own = set(kind.model_fields)
        foreign = [key for key in tree if key not in own]
        slips = [key for key in foreign if "did you mean" in did_you_mean(key, own)]
        if path and foreign and (len(foreign) == len(tree) or len(foreign) > max(len(tree) / 2, 2 * len(slips))):
            has, wanted = ", ".join(foreign), ", ".join(sorted(own)[:6])
            raise BadConfig(f"{path} is of another kind: it has {has}; wanted are keys such as {wanted}") from None
        raise BadConfig(_explain(kind, bad, str(path or "override"))) from None


def read_toml(path: Path | str) -> dict[str, Any]:
    """Parse a TOML file. Raises `BadConfig` where it is missing or malformed."""
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError:
        near = did_you_mean(Path(path).stem, [p.stem for p in Path(path).parent.glob("*.toml")])
        raise BadConfig(f"no file at {path}{near if 'did you mean' in near else ''}") from None
    except tomllib.TOMLDecodeError as bad:
        raise BadConfig(f"{path}: not TOML: {bad}") from None
    except IsADirectoryError:
        raise BadConfig(f"{path} is a directory: name a file in it") from None
    except UnicodeDecodeError as bad:
        raise BadConfig(f"{path}: {not_utf8(bad)}") from None


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return shipped("recipes")


def shipped(kind: str) -> dict[str, Path]:
    """The files of a kind (`recipes`, `suites`) that come with the package, by name."""
    folders = [Path(__file__).parents[2] / kind, Path(__file__).parent / kind]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def find_recipe(name: str) -> Path:
    """A recipe file: a path, or the bare name of one that ships with the package (`demo`, `tiny`, `real-mix`)."""
    known = shipped_recipes()
    if Path(name).is_file():
        return Path(name)
    if Path(name).is_dir() and name not in known:
        raise BadConfig(f"{name} is a directory: name a recipe in it")
    if "/" in name or name.endswith(".toml"):  # a path is never another file of the same name
        hint = f"; the recipe that ships is called {Path(name).stem!r}" if Path(name).stem in known else ""
        raise BadConfig(f"no recipe at {name}{hint}")
    if name not in known:
        raise BadConfig(f"no recipe {name!r}{did_you_mean(name, known)}")
    return known[name]


def overrides(arguments: Sequence[str], options: Iterable[str] = ()) -> list[str]:
    """`--a.b=1`, `--a.b 1` and `a.b=1` as `a.b=1`. Raises `BadConfig` on anything else; it offers near `options`."""
    out: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if "=" in argument:
            out.append(argument.removeprefix("--"))
        elif argument.startswith("--") and (value := next(rest, None)) is not None:
            out.append(f"{argument.removeprefix('--')}={value}")
        else:
            near = [] if "." in argument else difflib.get_close_matches(argument, list(options), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadConfig(f"{argument!r} is neither an option nor an override; write it as --key=value{hint}")
    return out


def apart(changes: Sequence[str], prefix: str) -> tuple[dict[str, Any], list[str]]:
    """The values of overrides under a prefix, and the other overrides.

    Example:
        >>> apart(["engine.batch=8", "size=2"], "engine.")
        ({'batch': 8}, ['size=2'])
    """
    inside = [_split(change) for change in changes if change.startswith(prefix)]
    others = [change for change in changes if not change.startswith(prefix)]
    return {key.removeprefix(prefix): value for key, value in inside}, others


def toml(config: BaseModel) -> str:
    """A configuration in full, as TOML: a line for each key by its dotted name, as an override names it."""
    return "".join(f"{line}\n" for line in _lines(config.model_dump(mode="json", exclude_none=True), config))


def _lines(values: Mapping[str, Any], config: BaseModel, at: str = "") -> Iterator[str]:
    for name, value in values.items():
        part = getattr(config, name)
        if isinstance(part, BaseModel):
            yield from _lines(value, part, f"{at}{name}.")
        elif isinstance(part, tuple) and any(isinstance(item, BaseModel) for item in part):
            items = [item.model_dump(mode="json", exclude_defaults=True) for item in part]
            yield "\n".join([f"{at}{name} = [", *(f"    {_toml(item)}," for item in items), "]"])
        else:
            yield f"{at}{name} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        keys = {key: key if re.fullmatch(r"[\w-]+", key, re.ASCII) else _toml(key) for key in value}
        return "{ " + ", ".join(f"{keys[key]} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def fingerprint(*parts: Any) -> str:
    """Hash of everything that decides a result; runs whose fingerprints differ are never silently compared."""
    return content_hash([p.model_dump(mode="json") if isinstance(p, BaseModel) else p for p in parts])


def settings(config: BaseModel, *without: str) -> Settings:
    """A configuration as the facts that `journal.claim` compares, `without` the fields that decide no result."""

    def in_full(one: BaseModel) -> dict[str, Any]:
        return one.model_dump(mode="json", exclude=set(without))

    def known(there: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return in_full(type(config).model_validate(there))
        except ValidationError:  # of a version that read other values
            return there

    return Settings(in_full(config), known)


def _split(override: str) -> tuple[str, Any]:
    key, equals, text = override.removeprefix("--").partition("=")
    if not equals or not key:
        raise BadConfig(f"an override is KEY=VALUE, such as model.path=runs/a; got {override!r}")
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key, text


def _put(tree: dict[str, Any], keys: Sequence[str], value: Any, whole: str) -> None:
    place: Any = tree
    for number, key in enumerate(keys):
        if isinstance(place, list):  # `sources.0.cap`: an item of a list by its number, from 0
            if not key.isdecimal() or int(key) >= len(place):
                there = f"its items are 0 to {len(place) - 1}" if len(place) > 1 else f"it has {len(place)}, from 0"
                raise BadConfig(f"override {whole!r}: there is no item {key!r}; {there}")
            at: Any = int(key)
        elif isinstance(place, dict):
            at = key
        else:
            raise BadConfig(f"override {whole!r}: {keys[number - 1]!r} is not a table")
        if number == len(keys) - 1:
            place[at] = value
        else:
            place = place[at] if isinstance(place, list) else place.setdefault(at, {})


def _explain(kind: type[BaseModel], bad: ValidationError, where: str) -> str:
    lines, errors = [], bad.errors()
    for error in errors:
        loc = error["loc"]
        key = ".".join(str(part) for part in loc)
        if error["type"] == "extra_forbidden":
            hint = _home(kind, str(loc[-1])) or did_you_mean(str(loc[-1]), _fields_at(kind, loc[:-1]))
            lines.append(f"{where}: unknown key {key!r}{hint}")
        elif not any(other["loc"][: len(loc)] == loc for other in errors if other is not error):  # its parts say why
            said = _wanted(error, key)
            given = error["input"]
            shown = "" if isinstance(given, dict) else f" (got {given!r})"  # a whole table would say nothing
            lines.append(f"{where}: {key}: {said}{shown}" if key else f"{where}: {said}")
    return "\n".join(lines)


def _wanted(error: Any, key: str) -> str:
    """What is wrong with a value; where a list is wanted, how it is given on a command line."""
    given = error["input"]
    if error["type"] == "tuple_type" and isinstance(given, str):
        items = json.dumps([item.strip() for item in given.strip("[]").split(",")], ensure_ascii=False)
        return f"a list is wanted: '--{key}={items}', or in a file {key} = {items}"
    if error["type"] == "missing":
        return "it is needed, and not there"
    return str(error["msg"]).removeprefix("Value error, ")


def _home(kind: Any, name: str) -> str:
    """Where a key that stands in the wrong table belongs: the outermost table that has it, if there is one such, and a
    table that stands once rather than one of a list."""

    def rank(place: tuple[str, ...]) -> tuple[int, bool]:
        field = _fields_at(kind, place[:-1]).get(place[-1]) if place else None
        return len(place), field is not None and Ellipsis in getattr(field.annotation, "__args__", ())

    found = sorted(_places(kind, name, ()), key=rank)
    if not found or (len(found) > 1 and rank(found[0]) == rank(found[1])):
        return ""
    at = ".".join(found[0])
    return f"; it belongs under [{at}]" if at else "; it belongs at the top of the file, above the first [table]"


def _places(kind: Any, name: str, at: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The tables, by their path, that have a key of this name."""
    fields = _fields_at(kind, ())
    inner = {key: part for key, field in fields.items() if (part := _model_in(field.annotation))}
    found = [] if name not in fields else [at]
    return found + [place for key, part in inner.items() for place in _places(part, name, (*at, key))]


def _fields_at(kind: Any, loc: Sequence[int | str]) -> Mapping[str, Any]:
    for part in loc:
        if isinstance(part, str) and isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(part)
            kind = _model_in(field.annotation) if field else None
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and not getattr(annotation, "__args__", ()):
        return annotation
    inner = [_model_in(a) for a in getattr(annotation, "__args__", ())]
    return next((a for a in inner if isinstance(a, type) and issubclass(a, BaseModel)), None)
