"""The kernel's isolation, through ctypes: namespaces, an empty root, Landlock, capabilities, seccomp, limits.

Each function says whether its part is active or raises `OSError`; nothing here decides what is enough.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import stat
import struct

from assay.sandbox import seccomp

_libc = ctypes.CDLL(None, use_errno=True)
for _name in ("capset", "prctl", "setns", "syscall", "unshare"):
    getattr(_libc, _name)  # looked up once, not in each child

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_MS_NOEXEC, _MS_NOATIME, _MNT_DETACH = 8, 1024, 2
_LL_READ, _LL_LIST = 1 | 4 | 8, 8  # execute, read file, list a folder
_LL_WRITE = 2 | 4 | 8 | 16 | 32 | 128 | 256  # and write, remove, make folders and files
SCRATCH = "/tmp"
"""Where a program may write when it has a root of its own: a small file system in memory."""
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def _call(name: str, *args: object) -> int:
    result: int = getattr(_libc, name)(*args)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the named namespaces. Raises `OSError`."""
    _call("unshare", flags)


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`. Raises `OSError`."""
    _call("setns", fd, kind)


def prctl(option: int, value: int) -> None:
    _call("prctl", option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def new_user_namespace(proc: int) -> None:
    """Own user namespace that knows this user and group only; `proc` is an open `/proc`. Raises `OSError`."""
    uid, gid = os.getuid(), os.getgid()
    prctl(_PR_SET_DUMPABLE, 1)  # a change of user made /proc/self belong to root
    unshare(NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        fd = os.open(f"self/{name}", os.O_WRONLY, dir_fd=proc)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def empty_root(readable: list[str], scratch: int) -> None:
    """Make a root that holds only `readable`, read-only, two devices and an empty folder of `scratch` MiB to write in.

    Needs a mount namespace. Raises `OSError`.
    """
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    wanted = [*(path for path in readable if os.path.lexists(path)), "/dev/null", "/dev/urandom"]
    links = {path: os.readlink(path) for path in wanted if os.path.islink(path)}
    fds = {path: os.open(path, os.O_PATH) for path in wanted if path not in links}
    root = SCRATCH
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    try:
        for path, fd in fds.items():
            _bind(fd, root + path)
        for path, target in links.items():
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.symlink(target, root + path)
        if scratch:
            flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_NOATIME  # else a job could leave word in that time
            os.makedirs(root + SCRATCH)
            _mount("tmpfs", root + SCRATCH, "tmpfs", flags, f"size={scratch}m,nr_inodes=1k,mode=1777")
        os.chdir(root)
        _call("syscall", _SYS_PIVOT_ROOT[platform.machine()], b".", b".")
    except OSError:
        os.chdir("/")
        _call("umount2", os.fsencode(root), _MNT_DETACH)
        raise
    finally:
        for fd in fds.values():
            os.close(fd)
    _call("umount2", b".", _MNT_DETACH)
    os.chdir("/")
    _mount(None, "/", None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def _bind(fd: int, target: str) -> None:
    """Show a file, folder or device at `target`; a device can be written there, and its modes cannot be changed."""
    folder = stat.S_ISDIR(os.fstat(fd).st_mode)
    os.makedirs(target if folder else os.path.dirname(target), exist_ok=True)
    if not folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    _mount(f"/proc/self/fd/{fd}", target, None, _MS_BIND | _MS_REC)
    _mount(None, target, None, _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _locked_flags(target))


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    _call("mount", texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])


def _locked_flags(path: str) -> int:
    """Mount flags that the original has and that a user namespace may not take away."""
    return os.statvfs(path).f_flag & (_MS_NOSUID | _MS_NODEV | 8 | 1024 | 2048) | _MS_NOSUID


def become_nobody() -> None:
    """Leave root for a user without rights. Raises `OSError`."""
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def _write_rights(abi: int) -> int:
    return _LL_WRITE | (1 << 13) * (abi >= 2) | (1 << 14) * (abi >= 3)  # move, truncate


def landlock_rules(readable: list[str], listable: list[str], writable: list[str]) -> tuple[int, int] | None:
    """A rule set that allows reading, listing and writing below those paths, and the ABI; `None` without Landlock."""
    abi = int(_libc.syscall(444, None, ctypes.c_size_t(0), 1))
    if abi < 1:
        return None
    files = (1 << 13) - 1 | (1 << 13) * (abi >= 2) | (1 << 14) * (abi >= 3) | (1 << 15) * (abi >= 5)
    parts = [files, 3 * (abi >= 4), 3 * (abi >= 6)][: 1 + (abi >= 4) + (abi >= 6)]
    attributes = struct.pack(f"={len(parts)}Q", *parts)
    rules = _call("syscall", 444, attributes, ctypes.c_size_t(len(attributes)), 0)
    for paths, rights in ((readable, _LL_READ), (listable, _LL_LIST), (writable, _write_rights(abi))):
        for path in paths:
            _allow(rules, path, rights)
    _allow(rules, "/dev/null", 2 | 4)
    _allow(rules, "/dev/urandom", 4)
    return rules, abi


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH)
    except OSError:
        return  # not on this machine
    try:
        allow_below(rules, fd, rights if os.path.isdir(path) else rights & 7)
    finally:
        os.close(fd)


def allow_below(rules: int, fd: int, rights: int = _LL_READ) -> None:
    """Allow reading, or other rights, below an open folder, too. Raises `OSError`."""
    _call("syscall", 445, rules, 1, struct.pack("=Qi", rights, fd), 0)


def allow_writing(rules: int, fd: int, abi: int) -> None:
    """Allow writing below an open folder, too. Raises `OSError`."""
    allow_below(rules, fd, _write_rights(abi))


def enter_landlock(rules: int) -> None:
    """Give up all files but those of the rules, for good. Raises `OSError`."""
    _call("syscall", 446, rules, 0)


def readable_as_nobody(path: str) -> bool:
    """Whether root may become nobody and still read the file."""
    os.seteuid(_NOBODY)
    try:
        return os.access(path, os.R_OK, effective_ids=True)
    finally:
        os.seteuid(0)


def no_new_privileges() -> None:
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent() -> None:
    """Ask for SIGKILL when the process that forked this one ends, and keep others from tracing this one."""
    prctl(_PR_SET_PDEATHSIG, 9)
    prctl(_PR_SET_DUMPABLE, 0)


_NO_CAPABILITY = struct.pack("=Ii", 0x20080522, 0), bytes(24)


def drop_capabilities() -> None:
    """Give up every capability, in a user namespace too. Raises `OSError`."""
    _call("capset", *_NO_CAPABILITY)


class _Filter:
    """A seccomp program, laid out once so that a child has only to name it."""

    def __init__(self, code: bytes) -> None:
        self.code = ctypes.create_string_buffer(code, len(code))
        self.pointer = struct.pack("@HP", len(code) // 8, ctypes.addressof(self.code))
        zero = ctypes.c_ulong(0)
        self.call = ("prctl", _PR_SET_SECCOMP, ctypes.c_ulong(2), self.pointer, zero, zero)
        self.places = seccomp.places(code)

    def enter(self) -> None:
        for at in self.places:
            struct.pack_into("=I", self.code, at, os.getpid())
        _call(*self.call)


_deltas: list[_Filter] = []


def enter_base_seccomp(files: str = seccomp.OWN, native: bool = False) -> None:
    """Refuse, from here on and in all children, what a worker does not need. Raises `OSError`."""
    code = seccomp.base(files, native)
    if code is None:
        raise OSError(errno.ENOSYS, "the numbers of this machine's system calls are not known")
    _Filter(code).enter()
    kinds = (False, True) if native else (False,)
    _deltas[:] = [_Filter(seccomp.delta(files, native, compiles)) for compiles in kinds]


def enter_seccomp(compiles: bool = False) -> None:
    """Refuse what only the worker needed, for good; a compiler starts its parts. Raises `OSError`."""
    _deltas[compiles].enter()


_NEEDED = (
    ("t", resource.RLIMIT_CPU, 60),
    ("f", resource.RLIMIT_FSIZE, 64 << 20),
    ("s", resource.RLIMIT_STACK, 64 << 20),
    ("n", resource.RLIMIT_NOFILE, 256),
    ("v", resource.RLIMIT_AS, 4 << 30),
    ("d", resource.RLIMIT_DATA, 4 << 30),
)
"""Option of `ulimit`, limit, and what jobs with the usual limits and their workers need of it."""


def take_over() -> str:
    """Drop what the trusted side was started with: mask of files, blocked and ignored signals, resource limits.

    Returns what to do where one of the limits is too low and cannot be raised, else nothing.
    """
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for option, what, least in _NEEDED:
        with contextlib.suppress(ValueError, OSError):  # only root may
            resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (hard, hard))
        if hard != resource.RLIM_INFINITY and hard < least:
            return too_low(f"H{option}", hard, least)
    return ""


def too_low(option: str, value: int, least: int) -> str:
    """What to say of a limit, named as `ulimit` names it."""
    unit = {"t": "seconds", "n": "files"}.get(option[-1], "bytes")
    return f"`ulimit -{option}` allows {value} {unit} here and programs need {least}: raise it where this was started"


_HARD: dict[int, int] = {}
STACK = 64 << 20
"""Bytes of a main thread's stack: enough for 100,000 calls through `lru_cache`, and never the caller's `ulimit -s`."""
_SAME_FOR_ALL = ((resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_CORE, 0))


def limit_all(threads: int | None) -> None:
    """The resource limits that are the same for each job, taken once by the worker.

    `threads` is `None` without an own user namespace: the count would be that of all the user's processes.
    """
    for what, value in (*_SAME_FOR_ALL, *([(resource.RLIMIT_NPROC, threads)] if threads is not None else [])):
        _set(what, value)
    most = resource.getrlimit(resource.RLIMIT_STACK)[1]  # a program may ask for more
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, most))
    for what in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
        _HARD[what] = resource.getrlimit(what)[1]


def limit(cpu: float, memory: int, output: int) -> None:
    """Resource limits of one job; CPU time is only a backstop, the worker measures it from outside."""
    _set(resource.RLIMIT_CPU, int(cpu) + 2)
    _set(resource.RLIMIT_AS, memory)
    _set(resource.RLIMIT_FSIZE, output)


def _set(what: int, value: int) -> None:
    hard = _HARD[what] if what in _HARD else resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY and hard < value:
        raise OSError(errno.EPERM, f"a limit of {value} is wanted and only {hard} allowed")
    resource.setrlimit(what, (value, value))
