"""Run every section of docs/trainers.md as written, each in an environment made for it alone.

    python tests/fresh_pages.py [--keep DIRECTORY] [WORD...]

A section that says `pip install ...` gets a new virtual environment with what it names, Assay itself as the wheel of
this checkout; then its examples run in a new folder, behind those of "Rows for the others", and
`tests/serve/test_adapters.py` beside what was installed. With words, only sections whose title holds one of them.
An environment costs minutes and up to two gigabytes, so this is no part of the suite: `make pages`.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "trainers.md"
SHARED = "Rows for the others"
EXAMPLE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
INSTALL = re.compile(r"^pip install (.*)$", re.M)
SUITE = ["tests/serve/test_adapters.py", "-q", "-rs", "--no-header", "-p", "no:cacheprovider"]


def sections() -> dict[str, str]:
    """Title -> text, in the order of the page."""
    _, *parts = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.M)
    return {title: body for title, _, body in (part.partition("\n") for part in parts)}


def ran(words: list[str], where: Path, bin_: Path) -> str | None:
    """What a command said when it failed, and nothing where it did not."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    path = f"{bin_}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(words, cwd=where, env=kept | {"PATH": path}, capture_output=True, text=True, timeout=1800)
    return f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}" if done.returncode else None


def try_section(title: str, body: str, wheel: Path, place: Path) -> list[str]:
    """What went wrong in a section, as sentences."""
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    bin_ = place / "venv" / "bin"
    torch = place / "torch.txt"
    torch.write_text(next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if "torch==" in line))
    for line in INSTALL.findall(body):
        named = [re.sub(r"\Aassay(?=\[|\Z)", str(wheel), word) for word in shlex.split(line, comments=True)]
        if bad := ran([str(bin_ / "pip"), "install", "-q", "-c", str(torch), *named], place, bin_):
            return [f"{title}: pip install {line}\n{bad}"]
    folder = place / "folder"
    folder.mkdir()
    wrong = []
    for number, code in enumerate([*EXAMPLE.findall(sections()[SHARED]), *EXAMPLE.findall(body)]):
        if bad := ran([str(bin_ / "python"), "-c", code], folder, bin_):
            wrong.append(f"{title}: example {number} failed\n{bad}")
    if bad := ran([str(bin_ / "pip"), "install", "-q", "pytest", "hypothesis"], place, bin_):
        return [*wrong, bad]
    if bad := ran([str(bin_ / "python"), "-m", "pytest", *SUITE], ROOT, bin_):
        wrong.append(f"{title}: the adapters differ\n{bad}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--keep", type=Path, help="make the environments here, and leave them")
    given = parser.parse_args()
    from hatchling.builders.wheel import WheelBuilder

    wrong = []
    with tempfile.TemporaryDirectory(prefix="assay-pages-") as scratch:
        (wheel,) = WheelBuilder(str(ROOT)).build(directory=scratch, versions=["standard"])
        for number, (title, body) in enumerate(sections().items()):
            if not INSTALL.search(body) or (given.words and not any(w.lower() in title.lower() for w in given.words)):
                continue
            start = time.perf_counter()
            with tempfile.TemporaryDirectory(dir=scratch) as passing:
                place = given.keep / str(number) if given.keep else Path(passing)
                place.mkdir(parents=True, exist_ok=True)
                found = try_section(title, body, Path(wheel), place)
            print(f"{'FAILED' if found else 'ran'}  {title}  ({time.perf_counter() - start:.0f} s)", flush=True)
            wrong += found
    print("\n\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
