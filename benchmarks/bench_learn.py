"""Every bar of training, in one go: each is told where it is measured, and all of them again at the end.

    python benchmarks/bench_learn.py [--only formulas,choices,values,speed,real,gpu]

`formulas` and `real` run the tests that hold them; `real` needs ASSAY_DATA, `gpu` a GPU, and what cannot be measured
says so. Ends with exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import torch

import learn_choices
import learn_speed
import learn_values
from bars import bar, run, unmeasured

HERE = Path(__file__).parent
FORMULAS = {
    "test_the_gradient_is_that_of_the_formula": "three tokens: the trainer's gradient is the formula's, within 1e-6",
    "test_k3_is_never_negative_and_its_mean_is_the_exact_kl": "k3 is never negative, and its mean is the exact KL",
    "test_equal_rewards_give_no_gradient": "equal rewards give a gradient of exactly zero",
    "test_leaving_out_groups_without_signal_changes_no_gradient": "leaving out such groups: no gradient off by 1e-6",
}
REAL = {"test_every_domain_of_guru_mini_is_paid": "guru-mini-transformers on real rows, every domain's reward active"}
GPU = ("0.5 B and 1.5 B beside TRL on one GPU: tokens a second", "0.5 B and 1.5 B on one GPU: peak memory")


def by_tests(path: str, bars: dict[str, str]) -> None:
    """Run a file of tests, and tell each bar by the tests of its name."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "found.xml"
        subprocess.run([sys.executable, "-m", "pytest", path, f"--junitxml={out}"], cwd=HERE.parent, check=False)
        cases = list(ElementTree.parse(out).iter("testcase"))  # our own file
    for name, what in bars.items():
        own = [case for case in cases if (case.get("name") or "").partition("[")[0] == name]
        skipped = [why.get("message", "") for case in own for why in case.iter("skipped")]
        if skipped:
            unmeasured(what, skipped[0])
        else:
            bar(what, bool(own) and not any(case.findall("failure") + case.findall("error") for case in own))


def formulas() -> None:
    by_tests("tests/learn/test_closed_form.py", FORMULAS)


def real() -> None:
    by_tests("tests/learn/test_real_corpus.py", REAL)


def gpu() -> None:
    if not torch.cuda.is_available():
        for what in GPU:
            unmeasured(what, "there is no GPU here")
        return
    for kind, what in zip(("speed", "memory"), GPU, strict=True):
        bar(what, not subprocess.run([sys.executable, str(HERE / "learn_gpu.py"), kind], check=False).returncode)


PARTS = {
    "formulas": formulas,
    "choices": learn_choices.main,
    "values": learn_values.main,
    "speed": learn_speed.main,
    "real": real,
    "gpu": gpu,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    return run(PARTS, parser.parse_args().only)


if __name__ == "__main__":
    sys.exit(main())
