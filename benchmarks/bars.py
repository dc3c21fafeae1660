"""What a bench holds itself to: each bar is told where it is measured, and all of them again at the end."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from assay.errors import AssayError

T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 10: 2.26}
_told: list[tuple[bool | None, str]] = []


def bar(what: str, held: bool) -> None:
    """Print one bar, and remember it."""
    _tell(bool(held), what)


def unmeasured(what: str, why: str) -> None:
    """A bar that nothing here can measure."""
    _tell(None, f"{what}: {why}")


def summary() -> int:
    """Print every bar that was told; returns how many were missed."""
    print(f"\n== {len(_told)} bars")
    for one in _told:
        print(_line(*one))
    return sum(held is False for held, _ in _told)


def run(parts: Mapping[str, Callable[[], object]], only: str) -> int:
    """Measure the named parts (`a,b`), one that cannot be is missed; then tell every bar. Returns the exit code."""
    named = only.split(",")
    if unknown := [name for name in named if name not in parts]:
        sys.exit(f"no part {unknown[0]!r}: the parts are {', '.join(parts)}")
    for name in named:
        start = time.perf_counter()
        print(f"\n== {name}", flush=True)
        try:
            parts[name]()
        except (AssayError, ImportError) as missing:
            bar(f"{name} could not be measured: {missing}", held=False)
        print(f"({time.perf_counter() - start:.0f} s)", flush=True)
    return int(summary() > 0)


def by_test(what: str, test: str) -> None:
    """A bar that tests hold: they are run here, and one that is skipped holds nothing."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *test.split()]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or ["no output"])[-1]
    bar(f"{what} ({last})", done.returncode == 0 and " passed" in last)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean over seeds (Student's t)."""
    half = T95.get(len(values), 2.0) * statistics.stdev(values) / len(values) ** 0.5
    return statistics.fmean(values) - half, statistics.fmean(values) + half


def told(name: str, values: Sequence[float]) -> str:
    """Mean and interval of a figure, and its value by seed."""
    low, high = interval(values)
    every = " ".join(f"{value:.2f}" for value in values)
    return f"  {name:34}{statistics.fmean(values):7.3f}  +- {(high - low) / 2:.3f}   ({every})"


def above(what: str, gaps: Sequence[float], least: float) -> None:
    """A bar on the mean of paired differences over seeds: at least so much, and the interval above 0."""
    low, high = interval(gaps)
    mean = statistics.fmean(gaps)
    bar(f"{what}: {mean:+.3f} ({low:+.3f} to {high:+.3f}), at least {least:+.2f}", mean >= least and low > 0)


def _tell(held: bool | None, what: str) -> None:
    _told.append((held, what))
    print(_line(held, what), flush=True)


def _line(held: bool | None, what: str) -> str:
    word = "not measured" if held is None else "held" if held else "MISSED"
    return f"bar  {word:14}{what}"
