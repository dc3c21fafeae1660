"""Run a command as a container would: `python confined.py L3 command ...`.

An outer seccomp filter refuses what Docker's and Kubernetes' default profiles refuse (new namespaces, mounts), for L2
also what a kernel without Landlock does not have, and for L1 any filter after it. Nothing in the package knows that it
is there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {
        "unshare": 272,
        "setns": 308,
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "clone": 56,
        "prctl": 157,
    },
    "aarch64": {"unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "clone": 220, "prctl": 167},
}
LANDLOCK = (444, 445, 446)
CLONE3, NEW_NAMESPACES, SET_SECCOMP = 435, 0x7E020000, 22
_LOAD, _EQ, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000


def filter_for(level: str) -> bytes:
    numbers = dict(NUMBERS[platform.machine()])
    clone, prctl = numbers.pop("clone"), numbers.pop("prctl")
    code = [_op(_LOAD, 0)]
    for number in numbers.values():
        code += [_op(_EQ, number, 0, 1), _op(_RETURN, _REFUSE | errno.EPERM)]
    for number in (CLONE3, *(LANDLOCK if level < "L3" else ())):
        code += [_op(_EQ, number, 0, 1), _op(_RETURN, _REFUSE | errno.ENOSYS)]
    if level < "L2":
        code += [_op(_EQ, prctl, 0, 4), _op(_LOAD, 16), _op(_EQ, SET_SECCOMP, 0, 1)]
        code += [_op(_RETURN, _REFUSE | errno.EINVAL), _op(_RETURN, _ALLOW)]
    code += [_op(_EQ, clone, 0, 3), _op(_LOAD, 16), _op(_SET, NEW_NAMESPACES, 0, 1)]
    code += [_op(_RETURN, _REFUSE | errno.EPERM), _op(_RETURN, _ALLOW)]
    return b"".join(code)


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, k)


def confine(level: str) -> None:
    """Put the filter on this process and all that it starts."""
    code = filter_for(level)
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    zero = ctypes.c_ulong(0)
    for option, value, data in ((38, 1, zero), (22, 2, ctypes.create_string_buffer(program, len(program)))):
        if libc.prctl(option, ctypes.c_ulong(value), data, zero, zero):
            raise OSError(ctypes.get_errno(), "the outer filter could not be installed")


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
