"""pandas' tables and sympy's formulas as data, each rebuilt from its parts on the other side.

A table is its columns: arrays of numbers, text or times, and an index of labels. A formula is a tree of sympy's own
classes over numbers, symbols and named functions; no class is made and no text is read. What has other parts (columns
of objects, symbols of a kind of their own) does not cross. Neither library is ever imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Encode = Callable[[Any], Any]
_CLASSES = tuple(
    f"sympy.{name}"
    for name in ["core.", "functions.", "sets.", "logic.boolalg", "integrals.integrals", "concrete.", "series.limits"]
)
"""Modules of classes that formulas are made of."""
_SIMPLE = (bool, int, float, str, bytes, list, tuple, dict, set)
_LISTED = ("object", "str", "string", "Int64", "Int32", "Float64", "boolean")
"""Kinds of columns that cross item by item."""
_NO_PARTS = {"Lambda", "Subs", "Wild", "WildFunction", "Dummy", "Symbol", "UndefinedFunction"}


def packed(value: Any, encode: Encode) -> Any:
    """The body of a table or formula; `None` for what is neither, or cannot cross."""
    pandas, sympy = sys.modules.get("pandas"), sys.modules.get("sympy")
    if pandas is not None and type(value) in (pandas.Series, pandas.DataFrame):
        return _packed_table(pandas, value, encode)
    if sympy is not None and isinstance(value, sympy.Basic | sympy.MatrixBase):
        body = _packed_formula(sympy, value)
        return None if body is None else {"sy": body}
    return None


def unpacked(tag: str, body: Any, decode: Callable[[Any], Any]) -> Any:
    """A new table or formula. Raises `ValueError`, `TypeError` or `KeyError` on what is none."""
    if tag == "sy":
        return _formula(sys.modules["sympy"], body)
    pandas = sys.modules["pandas"]
    index = _index(pandas, body[0], decode)
    if tag == "se":
        return pandas.Series(_column(pandas, body[2], decode), index=index, name=decode(body[1]))
    columns = [pandas.Series(_column(pandas, one, decode), index=index) for one in body[2]]
    made = pandas.concat(columns, axis=1) if columns else pandas.DataFrame(index=index)
    made.columns = _index(pandas, body[1], decode)
    return made


def _packed_table(pandas: Any, value: Any, encode: Encode) -> Any:
    is_series = type(value) is pandas.Series
    columns = [value] if is_series else [value.iloc[:, at] for at in range(value.shape[1])]
    parts = [_packed_column(pandas, column, encode) for column in columns]
    index = _packed_index(pandas, value.index, encode)
    if is_series:
        return None if None in (index, parts[0]) else {"se": [index, encode(value.name), parts[0]]}
    names = _packed_index(pandas, value.columns, encode)
    return None if None in (index, names, *parts) else {"df": [index, names, parts]}


def _packed_index(pandas: Any, index: Any, encode: Encode) -> Any:
    kind = type(index)
    if kind is pandas.RangeIndex:
        return ["range", encode(index.name), [index.start, index.stop, index.step]]
    if kind is pandas.MultiIndex:
        return ["multi", encode(tuple(index.names)), encode(index.tolist())]
    if kind not in (pandas.Index, pandas.DatetimeIndex, pandas.TimedeltaIndex, pandas.CategoricalIndex):
        return None
    column = _packed_column(pandas, index, encode)
    return None if column is None else ["plain", encode(index.name), column]


def _index(pandas: Any, body: Any, decode: Callable[[Any], Any]) -> Any:
    kind, name = body[0], decode(body[1])
    if kind == "range":
        return pandas.RangeIndex(*map(int, body[2]), name=name)
    if kind == "multi":
        return pandas.MultiIndex.from_tuples(decode(body[2]), names=name)
    return pandas.Index(_column(pandas, body[2], decode), name=name)


def _packed_column(pandas: Any, column: Any, encode: Encode) -> Any:
    kind = str(column.dtype)
    if kind == "category":
        kept = column.array
        labels = _packed_index(pandas, kept.categories, encode)
        return None if labels is None else [kind, encode(kept.codes), labels, bool(kept.ordered)]
    if kind in _LISTED:
        items = [None if item is pandas.NA else item for item in column.tolist()]
        simple = all(item is None or type(item) in _SIMPLE for item in items)
        return [kind, encode(items)] if simple else None
    if kind.startswith(("datetime64[", "timedelta64[")) and kind.endswith("s]"):
        return [kind, encode(column.to_numpy().view("i8"))]
    body = encode(column.to_numpy()) if isinstance(column.to_numpy(), sys.modules["numpy"].ndarray) else None
    return ["plain", body] if isinstance(body, dict) and "nd" in body else None


def _column(pandas: Any, body: Any, decode: Callable[[Any], Any]) -> Any:
    kind, items = body[0], decode(body[1])
    if kind == "category":
        return pandas.Categorical.from_codes(items, _index(pandas, body[2], decode), ordered=bool(body[3]))
    if kind == "object":
        made = sys.modules["numpy"].empty(len(items), dtype=object)
        for at, item in enumerate(items):  # one by one, since an item may be a list
            made[at] = item
        return made
    if kind in _LISTED:
        return pandas.array(items, dtype=kind)
    return items if kind == "plain" else items.view(kind.replace("datetime64", "M8").replace("timedelta64", "m8"))


def _packed_formula(sympy: Any, value: Any) -> Any:
    if isinstance(value, sympy.MatrixBase):
        items = [_packed_formula(sympy, item) for item in value]
        return None if None in items else ["matrix", [*value.shape], items]
    if isinstance(value, sympy.Rational) and value.q != 0:
        return ["number", hex(value.p), hex(value.q)]
    if type(value) is sympy.Float:
        sign, digits, exponent, bits = map(int, value._mpf_)
        return ["float", [sign, hex(digits), exponent, bits], int(value._prec)]
    if type(value) is sympy.Symbol:
        told = value.assumptions0
        return ["symbol", value.name, sorted([name, known] for name, known in told.items() if known is not None)]
    name = type(value).__name__
    if getattr(sympy.S, name, None) is value:
        return ["constant", name]
    if isinstance(value, sympy.Atom):
        return None
    args = [_packed_formula(sympy, part) if isinstance(part, sympy.Basic) else None for part in value.args]
    if None in args:
        return None
    if isinstance(type(value), sympy.core.function.UndefinedFunction):
        return ["function", name, args]
    return ["of", name, args] if _part(sympy, name) is type(value) else None


def _formula(sympy: Any, body: Any) -> Any:
    kind, told = body[0], body[1]
    if kind == "matrix":
        return sympy.Matrix(int(told[0]), int(told[1]), [_formula(sympy, item) for item in body[2]])
    if kind == "number":
        return sympy.Rational(int(told, 16), int(body[2], 16))
    if kind == "float":
        sign, digits, exponent, bits = told
        return sympy.Float((int(sign), int(digits, 16), int(exponent), int(bits)), precision=int(body[2]))
    if kind == "symbol":
        return sympy.Symbol(str(told), **{str(name): bool(known) for name, known in body[2]})
    if kind == "constant":
        made = getattr(sympy.S, told)
        if not isinstance(made, sympy.Basic):
            raise TypeError("no constant")
        return made
    args = [_formula(sympy, part) for part in body[2]]
    made = sympy.Function(str(told)) if kind == "function" else _part(sympy, told)
    return made(*args)


def _part(sympy: Any, name: str) -> Any:
    found = getattr(sympy, name, None) or getattr(sympy.core, name, None)
    good = isinstance(found, type) and issubclass(found, sympy.Basic) and found.__module__.startswith(_CLASSES)
    return found if good and name not in _NO_PARTS else None
