"""The environment variables of the sandbox, read in one place: a value that means nothing is refused, never guessed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from assay.errors import BadConfig, did_you_mean

SWITCH = "ASSAY_SANDBOX"
"""Environment variable: `off` refuses to run any untrusted code; `bwrap` or a SandboxFusion address runs it there."""
MINIMUM = "ASSAY_SANDBOX_MIN"
"""Environment variable: the lowest level at which programs run; `L3` by default, never below `L2`."""
FOLDER = "ASSAY_SANDBOX_CGROUP"
"""Environment variable: a cgroup v2 folder to make groups in, or `off`; by default the one of this process."""

_ELSEWHERE, _LEVELS = ("off", "bwrap"), ("L2", "L3", "L4", "L5")


def where() -> str:
    """`off`, `bwrap`, the address of a SandboxFusion server, or nothing for the sandbox that is built in.

    Raises `BadConfig` for anything else.
    """
    setting = os.environ.get(SWITCH, "").strip()
    if setting.lower() in ("", *_ELSEWHERE):
        return setting.lower()
    if _is_address(setting):
        return setting
    address = [f"http://{setting}"] if ":" in setting and _is_address(f"http://{setting}") else []
    raise _unknown(SWITCH, setting, "choose off, bwrap, or the http:// address of SandboxFusion", address or _ELSEWHERE)


def minimum() -> str:
    """The level that programs need here. Raises `BadConfig` for one that does not exist or promises nothing."""
    wanted = os.environ.get(MINIMUM, "").strip() or "L3"
    if wanted not in _LEVELS:
        choose = "choose L5, L4, L3 (the default) or L2; nothing is run below L2"
        raise _unknown(MINIMUM, wanted, choose, [level for level in _LEVELS if level == wanted.upper()])
    return wanted


def group_folder() -> str:
    """`off`, the folder to make control groups in, or nothing for that of this process. Raises `BadConfig`."""
    setting = os.environ.get(FOLDER, "").strip()
    if setting.lower() in ("", "off"):
        return setting.lower()
    if not os.path.isdir(setting):
        raise _unknown(FOLDER, setting, "name a folder of a cgroup v2, or off", ["off"])
    return setting


def check() -> None:
    """Raises `BadConfig` for an unknown value, and for a variable that looks like one of these and is none."""
    where(), minimum(), group_folder()
    known = (SWITCH, MINIMUM, FOLDER)
    for name in os.environ:
        if name.startswith(SWITCH) and name not in known:
            raise BadConfig(f"{name} is no variable of the sandbox{did_you_mean(name, known)}")


def _unknown(name: str, value: str, choose: str, meant: Iterable[str]) -> BadConfig:
    hint = did_you_mean(value, meant)
    return BadConfig(f"{name}={value!r}: {choose}{hint if 'did you mean' in hint else ''}")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
