"""Text that tests run: their own runs beside them, any other where the candidate runs.

`eval`, `exec` and `pickle.loads` of what a candidate returned would let it write the verdict. So they are questions to
the candidate's process, and what comes back is data or a proxy. sympy evaluates text too: here it reads formulas only.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Set
from types import CodeType
from typing import Any

from assay.sandbox.trees import walk

_FORMULA: tuple[type[ast.AST], ...] = (
    ast.Expression,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.boolop,
    ast.keyword,
)
_FORMULA += (ast.Call, ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Tuple, ast.List)
_PRINTED: tuple[type[ast.AST], ...] = (ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.Starred)
_PRINTED += (ast.Module, ast.Expr, ast.IfExp, ast.Subscript, ast.Slice, ast.Dict)
_PRINTED += (ast.GeneratorExp, ast.ListComp, ast.comprehension)
"""What stands around the formulas of a function that sympy prints."""
_IN_PRINTED = {"range", "bool", "int", "float", "complex"}
_NO_FORMULA = vars(builtins).keys() - {"abs", "max", "min", "pow", "round", "sum", "True", "False", "None"}
_NO_FORMULA |= {"lambdify", "preview", "plot", "textplot", "init_session", "init_printing", "source", "doctest", "test"}

Ask = Callable[[dict[str, Any]], Any]


class Texts:
    """`eval`, `exec`, `compile` and `pickle.loads` for tests."""

    def __init__(self, nodes: Iterable[ast.AST], names: dict[str, Any], ask: Ask) -> None:
        self.own = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        self._names, self._ask = names, ask

    def install(self) -> None:
        """Put them where the tests look for them."""
        self._names |= {"eval": self.eval, "exec": self.exec, "compile": self.compile}
        loader = importlib.import_module("pickle")
        vars(loader).update(loads=self.unpickle, load=lambda file, *_, **__: self.unpickle(file.read()))
        if "sympy" in sys.modules:
            parser: Any = importlib.import_module("sympy.parsing.sympy_parser")
            parser.eval_expr = _formulas_only(parser.eval_expr)
            parser.evaluateFalse = _formulas_only(parser.evaluateFalse)
        if "pandas" in sys.modules:
            reader: Any = importlib.import_module("pandas.core.computation.expr").BaseExprVisitor
            reader.visit = _columns_only(reader.visit, self.own)

    def _is_own(self, text: Any) -> bool:
        return isinstance(text, CodeType) or (isinstance(text, str) and text in self.own)

    def eval(self, text: Any, names: Any = None, local: Any = None) -> Any:
        """`eval` of the tests' own text; the value that the candidate's process gives any other."""
        if self._is_own(text):
            return builtins.eval(text, self._names if names is None else names, local)  # noqa: S307 - the tests' own
        return self._ask({"how": "eval", "text": _plain(text), "names": {**(names or {}), **(local or {})}})

    def exec(self, text: Any, names: Any = None, local: Any = None) -> None:
        """`exec`, likewise; names that other text sets arrive in the namespace given, in that of the tests new ones."""
        if self._is_own(text):
            builtins.exec(text, self._names if names is None else names, local)  # noqa: S102 - the tests' own
            return
        made = self._ask({"how": "exec", "text": _plain(text), "names": {**(names or {}), **(local or {})}})
        into = local if local is not None else names
        into = None if into is self._names else into
        for name, value in made.items() if isinstance(made, dict) else ():
            if isinstance(name, str) and (into is not None or name not in {**vars(builtins), **self._names}):
                (self._names if into is None else into)[name] = value

    def unpickle(self, data: Any, *_: Any, **__: Any) -> Any:
        """`pickle.loads`, in the candidate's process whoever made the data."""
        return self._ask({"how": "eval", "text": "__import__('pickle').loads(data)", "names": {"data": bytes(data)}})

    def compile(self, text: Any, *args: Any, **kwargs: Any) -> Any:
        """`compile`; text that is not the tests' own stays text, to be run where the candidate is."""
        made = builtins.compile(text, *args, **kwargs)
        return made if self._is_own(text) else _plain(text)


def _plain(text: Any) -> Any:
    """What Python would run as text, as text: it takes any buffer, and a syntax tree, for a program."""
    if isinstance(text, ast.AST):
        return ast.unparse(text)
    return bytes(text) if isinstance(text, (bytearray, memoryview)) else text


def is_formula(tree: ast.AST) -> bool:
    """Whether text only calculates: it names nothing of Python's own that does more, and asks for no attribute.

    Arguments by name are those of symbols and `evaluate`: what else takes them may build a class of them (`Function`).
    """
    return all(
        isinstance(node, _FORMULA) and not _is_forbidden(node, _NO_FORMULA, "_") and not _names_arguments(node)
        for node in walk(tree)
    )


def _names_arguments(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") in ("Symbol", "symbols", "Dummy"):
        return False
    return any(word.arg != "evaluate" for word in node.keywords)


def is_printed(tree: ast.Module) -> bool:
    """Whether text is what sympy prints: imports, or one function that only calculates."""
    if all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in tree.body):
        return True
    return len(tree.body) == 1 and all(
        (isinstance(node, _FORMULA + _PRINTED) and not _is_forbidden(node, _NO_FORMULA - _IN_PRINTED, "__"))
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "builtins.sum")
        for node in walk(tree)
    )


def _is_forbidden(node: ast.AST, names: Set[str], private: str) -> bool:
    return isinstance(node, ast.Name) and (node.id in names or node.id.startswith(private))


def _formulas_only(read: Callable[..., Any]) -> Callable[..., Any]:
    def checked(code: Any, *args: Any) -> Any:
        if isinstance(code, str) and not is_formula(ast.parse(code.strip(), mode="eval")):  # else it was text before
            raise SyntaxError("text that is no formula")
        return read(code, *args)

    return checked


def _columns_only(visit: Callable[..., Any], texts: set[str]) -> Callable[..., Any]:
    """pandas' reader of expressions: text that is not the tests' own compares and calculates, and calls nothing.

    It sees columns, and of the tests' variables those that they name with an `@` themselves, as part of such a text.
    """
    own = {line.strip() for text in texts for line in text.split("\n")}
    shared = {name for text in texts for name in re.findall(r"@(\w+)", text)}

    def checked(self: Any, node: Any, **named: Any) -> Any:
        if isinstance(node, str) and node not in own:
            inner = walk(ast.parse(self.preparser(node)))
            if any(isinstance(part, (ast.Attribute, ast.Call)) for part in inner):
                raise SyntaxError("text that is no formula")
            seen = self.env.scope
            self.env.scope = type(seen)({name: seen[name] for name in shared if name in seen})
        return visit(self, node, **named)

    return checked
