"""How large the judging core is: lines of code that find, read and compare answers, without docstrings and comments."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from bars import bar

ROOMS = ("claim", "prose", "reading")
VERIFIERS = ("math", "number", "choice", "boolean", "text", "names", "grid", "records")
MOST = 5000
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def code_lines(source: str) -> int:
    """Lines on which a token of code stands."""
    strings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    held = {line for token in tokens if token.type not in _NO_CODE for line in range(token.start[0], token.end[0] + 1)}
    return len(held - strings)


def main() -> None:
    home = Path(__file__).parents[1] / "src/assay"
    files = [path for room in ROOMS for path in sorted((home / room).glob("*.py"))]
    files += [home / "verifiers" / f"{name}.py" for name in VERIFIERS]
    whole, code = 0, 0
    for path in files:
        source = path.read_text(encoding="utf-8")
        whole, code = whole + source.count("\n"), code + code_lines(source)
    print(f"{len(files)} files, {whole:,} lines in all, {code:,} of code")
    bar(f"the judging core is {code:,} lines of code, at most {MOST:,}", code <= MOST)
