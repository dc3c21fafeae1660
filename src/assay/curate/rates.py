"""Measured pass rates on their way into rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.errors import BadConfig
from assay.journal import CLAIM, kind_of
from assay.rollout.store import RolloutStore
from assay.types import Example, Status, content_hash

_OURS = (Status.ERROR, Status.TIMEOUT)


@dataclass(frozen=True)
class Rates:
    """What models were measured at: model -> Example id -> (sum of scores, counted samples)."""

    measured: Mapping[str, Mapping[str, tuple[float, int]]]

    @classmethod
    def read(cls, directories: Sequence[str]) -> Rates:
        """Of directories that `assay measure` or `assay eval` wrote. Raises `BadConfig` where one is none."""
        measured: dict[str, dict[str, tuple[float, int]]] = {}
        for directory in directories:
            if kind_of(Path(directory)) != "measure":
                raise BadConfig(
                    f"{directory} holds no measurement: make it with `assay measure MODEL ... -o {directory}`"
                )
            model = json.loads((Path(directory) / CLAIM).read_text("utf-8"))["model"]
            known = measured.setdefault(model, {})
            for mark in RolloutStore(directory).marks():
                if mark["status"] not in _OURS:
                    total, counted = known.get(mark["example_id"], (0.0, 0))
                    known[mark["example_id"]] = (total + (mark["score"] or 0.0), counted + 1)
        return cls(measured)

    def into(self, example: Example) -> Example:
        """The Example with the rates that it was measured at, beside those of other models."""
        new = {model: known[example.id] for model, known in self.measured.items() if example.id in known}
        return replace(example, pass_rates={**example.pass_rates, **new}) if new else example

    @property
    def of_one(self) -> Mapping[str, tuple[float, int]]:
        """Those of the only model. Raises `BadConfig` where there are several."""
        if len(self.measured) != 1:
            raise BadConfig(f"one model is wanted, and {', '.join(self.measured) or 'none'} was measured")
        return next(iter(self.measured.values()))

    @property
    def facts(self) -> dict[str, Any]:
        """What decides the result beside the recipe: the rates themselves."""
        return {"rates": content_hash(self.measured)} if self.measured else {}
