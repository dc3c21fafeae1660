"""Assay's rewards inside ms-swift 4: `--external_plugins .../assay/serve/ms_swift.py --reward_funcs assay`.

It is TRL's reward function with the data set's columns; a verdict without a score is `None`, which ms-swift leaves out.
"""

from __future__ import annotations

from typing import Any

from swift.rewards import ORM, orms

from assay.serve.trl import Reward


class AssayORM(ORM):
    """Judge completions by the columns `example`, or `verifier` and `reference`."""

    def __init__(self, args: Any = None, **how: Any) -> None:
        super().__init__(args)
        self._reward = Reward(**how)

    def __call__(self, completions: Any, **columns: Any) -> list[float | None]:
        """A score a completion, or `None`."""
        return self._reward(None, completions, **columns)


orms["assay"] = AssayORM
