"""When an answer is right. The room itself can be called: `assay.verify(example, response)`.

A package attribute and its sub-package share one name, so the room is a module whose class has `__call__`.
"""

from __future__ import annotations

import sys
from types import ModuleType

from assay.types import Example, Verdict


class _CallableRoom(ModuleType):
    def __call__(self, example: Example, response: str, *, deadline: float | None = None) -> Verdict:
        from assay.verify.run import verify

        return verify(example, response, deadline=deadline)


sys.modules[__name__].__class__ = _CallableRoom
