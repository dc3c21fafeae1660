"""The Hugging Face hub: rows and models come from there, and a corpus may go there.

Whether it answers is asked once: its own client tries for a minute before it says no.
The address is that of `HF_ENDPOINT`, proxies are those of the environment, and `HF_HUB_OFFLINE` is an answer too.
"""

from __future__ import annotations

import os
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from assay.errors import AssayError, MissingData, MissingExtra

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


def files_of_dataset(name: str) -> frozenset[str]:
    """The paths of the files of a data set; none where it is not there, or not to be seen with this token."""
    with _asked(f"looking at {name}") as hub:
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            return frozenset(hub.list_repo_files(name, repo_type="dataset"))
        except RepositoryNotFoundError:
            return frozenset()


def send_dataset(name: str, folder: Path, *, private: bool, message: str, replaced: str) -> str:
    """Make one commit of a folder in a data set, which is made where it is not there; returns the commit's address.

    Files there that match `replaced` and are not in the folder are gone with that commit. Raises as `fetch_dataset`.
    """
    with _asked(f"publishing {name}") as hub:
        hub.create_repo(name, repo_type="dataset", private=private, exist_ok=True)
        sent = hub.upload_folder(
            repo_id=name, repo_type="dataset", folder_path=folder, commit_message=message, delete_patterns=[replaced]
        )
        return str(sent.commit_url)


def fetch_dataset(name: str, revision: str | None = None) -> Path:
    """A folder with the files of a data set, from the hub or, where it does not answer, from an earlier download.

    Raises `MissingExtra` without `huggingface_hub`, `MissingData` where it is not to be had, and `AssayError` where the
    hub refuses.
    """
    with _asked(f"loading {name}", cached=True) as hub:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError

        why = offline()
        try:
            found = snapshot_download(
                name, repo_type="dataset", revision=revision, endpoint=hub.endpoint, local_files_only=bool(why)
            )
        except LocalEntryNotFoundError:
            raise MissingData(f"{name} could not be loaded from the hub: {why or 'it gave no files'}") from None
        return Path(found)


@contextmanager
def _asked(doing: str, cached: bool = False) -> Iterator[Any]:
    """A client of the hub. What the hub refuses is told as `AssayError`, and that it is away where no cache will do."""
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError
    except ImportError:
        raise MissingExtra(f"{doing} on the hub", "hub") from None
    if not cached and (why := offline()):
        raise MissingData(f"{doing}: {why}")
    try:
        yield HfApi(endpoint=endpoint(), library_name="assay")
    except LocalTokenNotFoundError:
        raise AssayError(f"{doing}: no token of the hub is here: `hf auth login`, or set HF_TOKEN") from None
    except HFValidationError as bad:
        raise AssayError(f"{doing}: {_first(bad)} (a data set is named USER/NAME)") from None
    except HfHubHTTPError as bad:
        hint = "; is there a token that may do this (`hf auth login`, or HF_TOKEN)?" if _denied(bad) else ""
        raise AssayError(f"{doing}: the hub at {endpoint()} refused: {_first(bad)}{hint}") from None


def _denied(bad: Any) -> bool:
    return getattr(bad.response, "status_code", 0) in (401, 403, 404)


def _first(bad: Exception) -> str:
    """The first line of what an error says."""
    return str(bad).strip().partition("\n")[0]


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
