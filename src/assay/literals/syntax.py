"""Python text to a syntax tree, from any thread.

CPython counts the depth of a tree under construction once an interpreter, so two threads that parse at the same time
can end in `SystemError: AST constructor recursion depth mismatch`; a lock and a second attempt prevent it.
"""

from __future__ import annotations

import ast
import os
import re
import threading
import warnings

_LETTER = r"[\w\x80-\U0010ffff]"
_DOTTED = re.compile(rf"(?<!{_LETTER})(?:{_LETTER}++[\s\\]*+\.[\s\\]*+){{100}}")
"""What the parser takes quadratic time and space for: `a.b.c...`, also where a backslash goes on in the next line."""
_ONE_AT_A_TIME = threading.Lock()
if hasattr(os, "register_at_fork"):  # the child of a fork must not inherit a lock that another thread holds
    os.register_at_fork(
        before=_ONE_AT_A_TIME.acquire, after_in_parent=_ONE_AT_A_TIME.release, after_in_child=_ONE_AT_A_TIME.release
    )


def tree(text: str, mode: str = "exec") -> ast.AST | None:
    """The tree of a program (`exec`) or an expression (`eval`); `None` where the text is neither. Never runs it."""
    for _ in range(0 if _DOTTED.search(text) else 3):
        try:
            with _ONE_AT_A_TIME, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        except SystemError:  # another library parsed in another thread
            continue
    return None
