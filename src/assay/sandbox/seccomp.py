"""A seccomp filter that allows what judged programs need, and refuses every other system call.

A zygote takes `base`, which its children inherit; each child adds `delta`, which takes away what only the zygote
needed. What is not named in `syscalls` fails with EPERM, or with ENOSYS where C libraries know what to do instead;
calls that only an attack has a reason for end the process with SIGSYS. A filter is a binary search over call numbers,
and calls that are allowed whatever their arguments stay so in both, since the kernel then never runs a filter for them.
On machines other than x86-64 and aarch64 there is no filter and so no isolation.
"""

from __future__ import annotations

import errno
import platform
import struct

from assay.sandbox import syscalls

OWN, READ, NONE = "own", "read", "none"
"""Which files calls may reach: those of a root of one's own, those that Landlock lets through for reading, or none."""

PID = 0x7FFFFFFE
"""Stands in `delta` where a child puts its own process id."""

_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NEW = 424
"""From here on calls have one number on every machine and are so new that C libraries have a way around ENOSYS."""
_X32 = 0x40000000
_UNIX = 1
_CLONE_THREAD, _NAMESPACES = 0x10000, 0x7E020080  # the latter with CLONE_NEWTIME
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032, 1034)
"""Duplicates, flags, locks, the size of a pipe and seals; none by which the kernel would send a signal for you."""
_IOCTL = (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX."""
_NAMES = (15, 16)  # PR_SET_NAME, PR_GET_NAME
_PRCTL = (*_NAMES, 1, 4, 22, 38)  # and, for the zygote: death signal, dumpable, seccomp, no new privileges
_O_ACCMODE, _O_TRUNC = 3, 0o1000

_LOAD, _AND, _JUMP, _EQ, _GE, _SET, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x45, 0x06
_NR, _ARCH = 0, 4

_Code = bytes


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> _Code:
    return struct.pack("=HBBI", code, yes, no, k)


def _fail(number: int) -> _Code:
    return _op(_RETURN, 0x00050000 | number)


_ALLOW, _KILL, _REFUSE, _MISSING = _op(_RETURN, 0x7FFF0000), _op(_RETURN, 0x80000000), _fail(1), _fail(errno.ENOSYS)


def _argument(index: int, high: bool = False) -> _Code:
    return _op(_LOAD, 16 + 8 * index + 4 * high)


def _one_of(index: int, allowed: tuple[int, ...], otherwise: _Code = _REFUSE) -> _Code:
    checks = [_op(_EQ, value, len(allowed) - at, 0) for at, value in enumerate(allowed)]
    return b"".join([_argument(index), *checks, otherwise, _ALLOW])


def _without(index: int, bits: int) -> _Code:
    return _argument(index) + _op(_SET, bits, 0, 1) + _REFUSE + _ALLOW


def _null(index: int) -> _Code:
    return _argument(index) + _op(_EQ, 0, 0, 2) + _argument(index, high=True) + _op(_EQ, 0, 1, 0) + _REFUSE + _ALLOW


def _opening(index: int) -> _Code:
    """Any way of opening but those that older Landlock does not see: O_TRUNC without writing, and access mode 3."""
    truncates = _argument(index) + _op(_SET, _O_TRUNC, 0, 1) + _REFUSE + _ALLOW
    mode = _argument(index) + _op(_AND, _O_ACCMODE) + _op(_EQ, 3, 0, 1) + _REFUSE
    return mode + _op(_EQ, 0, 0, len(truncates) // 8) + truncates + _ALLOW


def _search(rules: dict[int, _Code], otherwise: dict[int, _Code]) -> _Code:
    """A program that picks the rule of the loaded number by halving; `otherwise` has the rule from a number on."""
    starts = dict(otherwise)
    for number in sorted(rules):
        starts[number] = rules[number]
        after = max((at for at in otherwise if at <= number + 1), default=0)
        starts.setdefault(number + 1, otherwise[after])
    steps: list[tuple[int, _Code]] = []
    for at in sorted(starts):
        if not steps or steps[-1][1] != starts[at]:
            steps.append((at, starts[at]))
    return _halved(steps)


def _halved(steps: list[tuple[int, _Code]]) -> _Code:
    if len(steps) == 1:
        return steps[0][1]
    middle = len(steps) // 2
    below, above = _halved(steps[:middle]), _halved(steps[middle:])
    return _op(_GE, steps[middle][0], len(below) // 8, 0) + below + above


def _chosen(rules: dict[int, _Code]) -> _Code:
    """A short program: the loaded number is compared with those of the rules, in two halves; others are allowed."""
    tails, ends, end = dict.fromkeys([_ALLOW, *rules.values()]), {}, 0
    for tail in tails:
        ends[tail], end = end, end + len(tail) // 8
    below, above = sorted(rules)[: len(rules) // 2], sorted(rules)[len(rules) // 2 :]
    lines = [*below, None, *above]
    code = _op(_GE, above[0], len(below) + 1, 0)
    for left, number in zip(reversed(range(len(lines))), lines, strict=True):
        code += _op(_JUMP, len(above)) if number is None else _op(_EQ, number, left + ends[rules[number]], 0)
    return code + b"".join(tails)


def base(files: str = OWN) -> bytes | None:
    """The filter of a zygote, which its children inherit; `None` where the machine is unknown."""
    machine = platform.machine()
    if machine not in _ARCHES:
        return None
    groups = [syscalls.PLAIN, syscalls.OPEN, syscalls.ZYGOTE, syscalls.SIGNAL, syscalls.NAMESPACES]
    groups += [syscalls.LOOK] if files != NONE else []
    groups += [syscalls.KEEP] if files == OWN else []
    named = syscalls.numbers(machine, *syscalls.GROUPS)
    rules = dict.fromkeys(syscalls.numbers(machine, *groups).values(), _ALLOW)
    rules |= dict.fromkeys(syscalls.numbers(machine, syscalls.ATTACK).values(), _KILL)
    argued = {
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL, _fail(errno.ENOTTY)),
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _one_of(0, (0,)),
        "clone": _without(0, _NAMESPACES),
        "clone3": _MISSING,  # its arguments are out of a filter's sight; glibc then asks for clone
        "sendto": _null(4),
        "socketpair": _one_of(0, (_UNIX,)),
    }
    if files == READ:
        argued |= {"open": _opening(1), "openat": _opening(2)}
    rules |= {named[name]: code for name, code in argued.items() if name in named}
    ours = _op(_LOAD, _ARCH) + _op(_EQ, _ARCHES[machine], 1, 0) + _KILL
    return ours + _op(_LOAD, _NR) + _search(rules, {0: _REFUSE, _NEW: _MISSING, _X32: _KILL})


def delta(files: str = OWN) -> bytes:
    """The filter that a child adds, small since it is installed once a job; a child writes its id to `places`."""
    machine = platform.machine()
    named = syscalls.numbers(machine, *syscalls.GROUPS)
    rules = dict.fromkeys(syscalls.numbers(machine, syscalls.ZYGOTE).values(), _REFUSE)
    rules |= dict.fromkeys(syscalls.numbers(machine, syscalls.SIGNAL).values(), _one_of(0, (PID,)))
    rules |= dict.fromkeys(syscalls.numbers(machine, syscalls.NAMESPACES).values(), _KILL)
    rules[named["clone"]] = _argument(0) + _op(_SET, _CLONE_THREAD, 1, 0) + _REFUSE + _ALLOW
    rules[named["prctl"]] = _one_of(0, _NAMES)
    if files == NONE:
        rules |= dict.fromkeys(syscalls.numbers(machine, syscalls.OPEN).values(), _REFUSE)
    return _op(_LOAD, _NR) + _chosen(rules)


def places(code: bytes) -> tuple[int, ...]:
    """Where in a filter a child writes its own process id, as four bytes."""
    return tuple(at for at in range(4, len(code), 8) if code[at : at + 4] == struct.pack("=I", PID))
