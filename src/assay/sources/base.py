"""What a source is: a name, a licence, and a stream of Examples for a split.

Real sources read public rows from a data directory or the hub (`files.py`); procedural ones make problems from hashed
seeds (`procedural.py`). A source names its verifier as a string and never imports it.
"""

from __future__ import annotations

import heapq
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assay.errors import BadConfig, MissingData, UnknownName, did_you_mean
from assay.registry import Registry
from assay.types import Example, hashed_seed

DATA_VARIABLE = "ASSAY_DATA"
Proof = Literal["reached", "gold"]
"""A curation step that runs a row before it is used."""
HELD = 5_000
"""Rows of a draw that are held in memory."""


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """Where problems come from."""

    name: str
    """`domain/short-name`."""
    domain: str = ""
    """One of `types.DOMAINS`, or the control domain: the first part of its name where nothing else is said."""
    about: str
    """One line for `assay list`."""
    licence: str
    """Licence of the rows at their origin."""
    splits: tuple[str, ...]
    """Split names; the first is the one a check reads."""
    kind: Literal["real", "procedural"] = "real"
    eval_only: bool = False
    """Whether its rows must never be trained on."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Split -> Examples, where that is known; procedural sources have as many as are asked for."""
    proofs: Mapping[Proof, float] = field(default_factory=dict)
    """For an origin with rows that are wrong or cannot be run here: the curation steps that must run a row before use,
    in their order, and the largest share that each may drop. A check makes these steps and holds the source to it.
    """

    def __post_init__(self) -> None:
        if not self.domain:
            object.__setattr__(self, "domain", self.name.partition("/")[0])

    def examples(
        self, split: str = "train", *, data: Path | None = None, size: int | None = None, seed: int = 0, level: int = 1
    ) -> Iterator[Example]:
        """Stream the Examples of a split; the same arguments give the same Examples in the same order.

        Args:
            split: One of `splits`; raises `UnknownName` otherwise.
            data: Data directory of real rows; `data_dir()` when `None`. Procedural sources ignore it.
            size: At most so many Examples: real sources draw them and give all without it, procedural ones make 1,000.
            seed: Seed of what is made or drawn.
            level: Difficulty of procedural sources, from 1; real ones ignore it.
        """
        if split not in self.splits:
            raise UnknownName(f"split of {self.name}", split, self.splits, self._instead(split))
        if size is not None and size < 0:
            raise BadConfig(f"size must not be negative, got {size}")
        return self._stream(split, data, size, seed, level)

    def _instead(self, split: str) -> str:
        """What to name instead of a split that is not there: one of its own, or a kindred source that has it."""
        if "did you mean" in (near := did_you_mean(split, self.splits)):
            return near
        own = " or ".join(f'"{name}"' for name in self.splits)
        kin = [n for n in SOURCES.built_in() if n != self.name and (n.startswith(self.name) or self.name.startswith(n))]
        having = [repr(n) for n in kin if split in SOURCES.get(n).splits]
        return f"; it has split = {own}" + (f", and {' or '.join(having)} has a split {split!r}" if having else "")

    @abstractmethod
    def _stream(self, split: str, data: Path | None, size: int | None, seed: int, level: int) -> Iterator[Example]: ...


def sampled(read: Callable[[], Iterator[Example]], size: int, seed: int) -> Iterator[Example]:
    """A uniform draw in the order of the whole: the rows with the smallest hash of (seed, id).

    A small draw is held in memory; a larger one is read a second time.
    """
    held = size <= HELD
    ranked = ((rank(seed, e.id), place, e if held else None) for place, e in enumerate(read()))
    drawn = {place: example for _, place, example in heapq.nsmallest(size, ranked)}
    if not held:
        return (example for place, example in enumerate(read()) if place in drawn)
    return (example for _, example in sorted(drawn.items()) if example is not None)


def rank(seed: int, example_id: str) -> int:
    """Where a row stands in a draw: the smallest are taken, so that a smaller draw is part of a larger one."""
    return hashed_seed(seed, "sample", example_id)


def data_dir(given: Path | str | None = None) -> Path:
    """The directory of real rows: `given`, else `$ASSAY_DATA`. Raises `MissingData` with what to do."""
    where = given or os.environ.get(DATA_VARIABLE)
    if not where:
        raise MissingData(
            f"real sources read files from a data directory: set {DATA_VARIABLE}=/path/to/data, or name it with --data "
            f"(data= in Python); {DATA_VARIABLE}=hub reads what is published there (extra 'hub')"
        )
    path = Path(where).expanduser()
    if not path.is_dir():
        raise MissingData(
            f"the data directory {path} does not exist; name the one that does with {DATA_VARIABLE} or --data"
        )
    return path


SOURCES: Registry[Source] = Registry(
    "source",
    {
        "math/arithmetic": "assay.sources.math_gen:arithmetic",
        "math/linear": "assay.sources.math_gen:linear",
        "code/expression": "assay.sources.code_gen:expression",
        "code/list_ops": "assay.sources.code_gen:list_ops",
        "science/units": "assay.sources.science_gen:units",
        "science/kinematics": "assay.sources.science_gen:kinematics",
        "logic/ordering": "assay.sources.logic_gen:ordering",
        "logic/knights_knaves": "assay.sources.logic_gen:knights_knaves",
        "simulation/output": "assay.sources.simulation_gen:output",
        "simulation/input": "assay.sources.simulation_gen:input_",
        "table/lookup": "assay.sources.table_gen:lookup",
        "table/aggregate": "assay.sources.table_gen:aggregate",
        "logic/houses": "assay.sources.houses_gen:houses",
        "logic/ranking": "assay.sources.ranking_gen:ranking",
        "logic/paths": "assay.sources.paths_gen:paths",
        "logic/grids": "assay.sources.grids_gen:grids",
        "code/functions": "assay.sources.functions_gen:functions",
        "code/filters": "assay.sources.functions_gen:filters",
        "simulation/program_output": "assay.sources.programs_gen:program_output",
        "simulation/program_input": "assay.sources.programs_gen:program_input",
        "science/physics": "assay.sources.physics_gen:physics",
        "science/chemistry": "assay.sources.chemistry_gen:chemistry",
        "table/flat": "assay.sources.tables_gen:table_flat",
        "table/hierarchical": "assay.sources.tables_gen:table_hierarchical",
        "table/joined": "assay.sources.joined_gen:joined",
        "math/gsm8k": "assay.sources.math:gsm8k",
        "math/math": "assay.sources.math:math",
        "math/math500": "assay.sources.math:math500",
        "math/aime24": "assay.sources.math:aime24",
        "math/aime25": "assay.sources.math:aime25",
        "math/amc": "assay.sources.math:amc",
        "math/dapo": "assay.sources.guru:dapo",
        "math/skywork_or1": "assay.sources.guru:skywork_or1",
        "math/deepscaler": "assay.sources.guru:deepscaler",
        "code/taco": "assay.sources.guru:taco",
        "code/primeintellect": "assay.sources.guru:primeintellect",
        "code/livecodebench_history": "assay.sources.guru:livecodebench_history",
        "science/webinstruct": "assay.sources.guru:webinstruct",
        "science/gpqa_diamond": "assay.sources.guru:gpqa_diamond",
        "logic/barc": "assay.sources.guru:barc",
        "math/guru": "assay.sources.guru:math_guru",
        "code/guru": "assay.sources.guru:code_guru",
        "science/guru": "assay.sources.guru:science_guru",
        "logic/guru": "assay.sources.guru:logic_guru",
        "simulation/guru": "assay.sources.guru:simulation_guru",
        "table/guru": "assay.sources.guru:table_guru",
        "code/mbpp": "assay.sources.code:mbpp",
        "code/humaneval": "assay.sources.code:humaneval",
        "math/aime": "assay.sources.math:aime",
        "math/olympiadbench": "assay.sources.math:olympiadbench",
        "math/minerva": "assay.sources.math:minerva",
        "math/svamp": "assay.sources.math:svamp",
        "math/asdiv": "assay.sources.math:asdiv",
        "math/theoremqa": "assay.sources.science:theoremqa_math",
        "code/humanevalplus": "assay.sources.code:humanevalplus",
        "code/mbppplus": "assay.sources.code:mbppplus",
        "code/leetcode": "assay.sources.code:leetcode",
        "code/livecodebench": "assay.sources.contests:livecodebench",
        "code/codecontests": "assay.sources.contests:codecontests",
        "code/codeforces": "assay.sources.contests:codeforces",
        "science/scibench": "assay.sources.science:scibench",
        "science/theoremqa": "assay.sources.science:theoremqa",
        "science/mmlu_pro": "assay.sources.science:mmlu_pro",
        "science/supergpqa": "assay.sources.science:supergpqa",
        "logic/arc_agi1": "assay.sources.logic:arc_agi1",
        "logic/arc_agi2": "assay.sources.logic:arc_agi2",
        "logic/ar_lsat": "assay.sources.deduction:ar_lsat",
        "logic/folio": "assay.sources.deduction:folio",
        "logic/logiqa": "assay.sources.deduction:logiqa",
        "logic/proofwriter": "assay.sources.deduction:proofwriter",
        "logic/logicaldeduction": "assay.sources.deduction:logicaldeduction",
        "logic/zebra": "assay.sources.logic:zebra",
        "logic/kk": "assay.sources.logic:kk",
        "simulation/cruxeval_output": "assay.sources.simulation:cruxeval_output",
        "simulation/cruxeval_input": "assay.sources.simulation:cruxeval_input",
        "simulation/codeio_output": "assay.sources.simulation:codeio_output",
        "simulation/codeio_input": "assay.sources.simulation:codeio_input",
        "simulation/p3": "assay.sources.simulation:p3",
        "table/hitab": "assay.sources.table:hitab",
        "table/wtq": "assay.sources.table:wtq",
        "table/tabfact": "assay.sources.table:tabfact",
        "table/finqa": "assay.sources.finance:finqa",
        "table/tatqa": "assay.sources.finance:tatqa",
        "table/multihiertt": "assay.sources.finance:multihiertt",
        "math/mathvision": "assay.sources.vision:mathvision",
        "science/xbench": "assay.sources.sealed:xbench",
        "logic/livebench": "assay.sources.livebench:reasoning",
        "table/livebench": "assay.sources.livebench:data_analysis",
        "simulation/codeio": "assay.sources.simulation:codeio",
        "instruction/ifeval": "assay.sources.instruction:ifeval",
        "instruction/ifbench": "assay.sources.instruction:ifbench",
    },
    group="assay.sources",
)
