"""Progress bars on standard error, for work that takes longer than a few seconds."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from assay.learn.progress import StepRecord


class Bars:
    """One bar a stage; where standard error is not a terminal, one line as each stage ends."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.progress = Progress(
            TextColumn("{task.description}", justify="left"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.task: TaskID | None = None
        self.name, self.done = "", 0
        self.total: int | None = 0

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.progress.stop()

    def loading(self, what: str) -> None:
        """Say what is done before the first stage can begin."""
        self.task = self.progress.add_task(what, total=None, note="")

    def stage(self, name: str, total: int | None, note: str = "loading the model…") -> None:
        """Begin a stage of `total` units, `None` where that is not known; the note stands until work is told of."""
        if self.task is not None and not self.name:
            self.progress.remove_task(self.task)
        self.task = self.progress.add_task(name, total=total, note=note)
        self.name, self.total, self.done = name, total, 0

    def advance(self, count: int) -> None:
        """Units that are finished."""
        if self.task is not None:
            if not self.done:
                self.progress.update(self.task, note="")
            self.progress.advance(self.task, count)
        self.done += count
        if self.total is not None and self.done >= self.total and count and not self.console.is_terminal:
            self.console.print(f"{self.name}: {self.done} of {self.total}")

    def update(self, name: str, done: int, total: int) -> None:
        """Set a stage's place outright; a new name begins a new stage."""
        if name != self.name:
            self.stage(name, total)
        self.advance(done - self.done)

    def note_step(self, record: StepRecord) -> None:
        """Show the mean reward of a training step beside its bar."""
        scores = [d.reward for d in record.domains.values() if d.reward is not None]
        if scores and self.task is not None:
            note = f"reward {sum(scores) / len(scores):.2f}"
            self.progress.update(self.task, note=note)
            if not self.console.is_terminal and record.step % 20 == 0:
                self.console.print(f"step {record.step}: {note}")
