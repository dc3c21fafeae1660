"""The Hugging Face hub. Whether it answers is asked once: its own client tries for a minute before it says no.

The address is that of `HF_ENDPOINT`, proxies are those of the environment, and `HF_HUB_OFFLINE` is an answer too.
"""

from __future__ import annotations

import os
import ssl
import threading
import urllib.error
import urllib.request
from functools import cache
from typing import Any

from assay.errors import MissingData, MissingExtra

PATIENCE = 5.0
"""Seconds in which the hub has to answer."""


def endpoint() -> str:
    """The hub's address."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def offline() -> str:
    """Why nothing can be fetched from the hub, as a part of a sentence; empty where it answers."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            return f"{name} is set"
    return "" if _answers(endpoint()) else f"the hub at {endpoint()} cannot be reached"


def load_rows(name: str, config: str | None, split: str) -> Any:
    """The rows of a data set, or those of an earlier download where the hub does not answer.

    Raises `MissingExtra` without `datasets`, and `MissingData` where it gives no rows.
    """
    try:
        import datasets
    except ImportError:
        raise MissingExtra(f"loading {name} from the hub", "hub") from None
    why = offline()
    if why:
        datasets.config.HF_HUB_OFFLINE = True
    try:
        return datasets.load_dataset(name, config, split=split)
    except (OSError, ValueError) as bad:
        said = f"{why}, and it was not fetched before" if why else str(bad).strip().partition("\n")[0]
        raise MissingData(f"{name} could not be loaded from the hub: {said}") from None


@cache
def _answers(address: str) -> bool:
    answers: list[bool] = []
    asking = threading.Thread(target=lambda: answers.append(_ask(address)), daemon=True)  # a name server may not answer
    asking.start()
    asking.join(PATIENCE + 1)
    return bool(answers) and answers[0]


def _ask(address: str) -> bool:
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as failed:
        return isinstance(failed.reason, ssl.SSLError)  # it is there: the hub's client has certificates of its own
    except (OSError, ValueError):
        return False
    return True
