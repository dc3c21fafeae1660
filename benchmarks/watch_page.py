"""`assay watch` on 100,000 rollouts in a headless Chromium: first paint, first rows, filter, sort, one rollout.

Bars: first paint < 1.5 s, filter < 200 ms. The run is made here, by the store that a training writes with; its
responses are made up, some 600 characters each. Needs Chromium with its driver, and `pip install selenium`.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from assay.journal import Journal, owned
from assay.rollout.store import RolloutStore
from assay.types import DOMAINS, Example, Rollout, Status, Verdict

GROUP, PROMPTS = 8, 25
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
FLAGS += "--disable-component-update --disable-sync --disable-dev-shm-usage"
WAIT = """const [change, done] = [arguments[0], arguments[arguments.length - 1]];
const body = document.querySelector("table.rollouts tbody"), start = performance.now();
const watch = new MutationObserver(() => {
  watch.disconnect();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
});
watch.observe(body, {childList: true});
new Function(change)();"""
SEEN = """new MutationObserver((_, watch) => {
  if (document.querySelector("button.open")) { watch.disconnect(); window.rowsAt = performance.now(); }
}).observe(document, {childList: true, subtree: true});"""


def made(run, rollouts):
    """A training run in the format of a real one."""
    rng = random.Random(0)
    verifiers = dict(
        zip(DOMAINS, ("math", "code.tests", "choice", "grid", "number", "records", "instructions"), strict=False)
    )
    asked = [
        Example(prompt=f"Problem {n}: " + "what is asked, in some words. " * 12, reference=n, domain=domain,
                verifier=verifiers[domain], source=f"{domain}/made")
        for n in range(4000) for domain in [DOMAINS[n % len(DOMAINS)]]
    ]  # fmt: skip
    facts = {"kind": "train", "recipe": {"model": {"path": "made up"}, "grpo": {"steps": 500}}}
    with owned(run, facts):
        (run / "examples.jsonl").write_text("".join(json.dumps(example.to_json()) + "\n" for example in asked))
        store, metrics = RolloutStore(run), Journal(run / "metrics.jsonl", "step")
        for step in range(1, rollouts // (GROUP * PROMPTS) + 1):
            rows = [
                {"step": step, **rollout(rng, example, index, f"{step}.{group}").to_json()}
                for group, example in enumerate(rng.sample(asked, PROMPTS))
                for index in range(GROUP)
            ]
            store.append(rows)
            numbers = {"reward": rng.random(), "length": 150.0, "rollouts": 32, "groups": 4, "dead_groups": 1}
            seen = {domain: numbers | {"verdicts": {"correct": 10, "incorrect": 22}} for domain in DOMAINS}
            metrics.append([{"step": step, "domains": seen, "loss": 0.1, "entropy": 1.0, "seconds": 9.0}])


def rollout(rng, example, index, group):
    status = rng.choices(list(Status), (40, 45, 10, 3, 2))[0]
    score = {"correct": 1.0, "incorrect": 0.0, "no_answer": 0.0}.get(status)
    said = " ".join(rng.choices(("so", "we", "have", "x", "=", "12", "and", "then", "hence"), k=150))
    return Rollout(
        example_id=example.id, index=index, model="policy", response=said, tokens=150, group_id=group,
        token_ids=tuple(rng.choices(range(50_000), k=150)),
        verdict=Verdict(status, score, "12", "the reference is another", 0.001, example.verifier, 1),
    )  # fmt: skip


def served(run):
    """A server of the run in a process of its own, and where its page is."""
    command = [sys.executable, "-m", "assay", "watch", str(run), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().rpartition("http")[2].split()[0]


def opened(driver, url):
    """Milliseconds to first paint and to the first rows of a page that is loaded anew."""
    driver.get(f"http{url}")
    for _ in range(600):
        if driver.execute_script("return window.rowsAt || 0"):
            break
        time.sleep(0.05)
    paint = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return driver.execute_script(paint), driver.execute_script("return window.rowsAt")


def chosen(name, value):
    at = f"document.querySelector('select[name={name}]')"
    return f"{at}.value = {value!r}; {at}.dispatchEvent(new Event('change'))"


ACTIONS = {
    "filter: domain": chosen("domain", "logic"),
    "filter: and verdict": chosen("status", "correct"),
    "filter: and verifier": chosen("verifier", "grid"),
    "filter: none": "document.querySelector('.filters button').click()",
    "sort by advantage": "document.querySelector('th.c-advantage button').click()",
    "sort by tokens": "document.querySelector('th.c-tokens button').click()",
    "last page but many": "document.querySelectorAll('.pager button')[1].click()",
}
ONE = """const done = arguments[0], start = performance.now(), content = document.querySelector("dialog .content");
const watch = new MutationObserver(() => {
  watch.disconnect();
  requestAnimationFrame(() => done(performance.now() - start));
});
watch.observe(content, {childList: true});
document.querySelectorAll("button.open")[Math.floor(Math.random() * 50)].click();"""


def measure(driver, run, times):
    found = {}
    for _ in range(times):
        start = time.perf_counter()
        server, url = served(run)
        found.setdefault("the command says where", []).append(1000 * (time.perf_counter() - start))
        try:
            for kind in ("first visit", "second visit"):
                paint, rows = opened(driver, url)
                found.setdefault(f"first paint, {kind}", []).append(paint)
                found.setdefault(f"first rows, {kind}", []).append(rows)
            for name, change in ACTIONS.items():
                found.setdefault(name, []).append(driver.execute_async_script(WAIT, change))
            found.setdefault("open one rollout", []).append(driver.execute_async_script(ONE))
        finally:
            server.terminate()
            server.wait()
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rollouts", type=int, default=100_000)
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--run", type=Path, help="where the run is made, or was")
    asked = options.parse_args()
    chrome = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        chrome.add_argument(flag)
    with tempfile.TemporaryDirectory() as folder:
        run = asked.run or Path(folder) / "run"
        if not (run / "run.json").exists():
            start = time.perf_counter()
            made(run, asked.rollouts)
            print(f"made {asked.rollouts:,} rollouts in {time.perf_counter() - start:.0f} s")
        chrome.add_argument(f"--user-data-dir={folder}/browser")
        driver = webdriver.Chrome(options=chrome, service=Service(shutil.which("chromedriver")))
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SEEN})
            found = measure(driver, run, asked.times)
        finally:
            driver.quit()
    for name, took in found.items():
        print(f"{name:28}{statistics.median(took):8.0f} ms  (worst of {len(took)}: {max(took):.0f})")


if __name__ == "__main__":
    main()
