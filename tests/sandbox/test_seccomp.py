"""The filter says what it means: its program is read here step by step, for both machines and every number."""

from __future__ import annotations

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from assay.sandbox import seccomp

ALLOW, KILL, REFUSE, MISSING, NO_TERMINAL = 0x7FFF0000, 0x80000000, 0x50001, 0x50000 | errno.ENOSYS, 0x50000 | 25
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
MACHINES = pytest.mark.parametrize("machine", list(ARCHES))
HIGH = 1 << 32


def answer(code: bytes, machine: str, number: int, *arguments: int) -> int:
    """What a filter returns for a call: an interpreter of the few BPF operations that it uses."""
    data = struct.pack("=IIQ6Q", number, ARCHES.get(machine, 0x40000003), 0, *arguments, *(0,) * (6 - len(arguments)))
    steps = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    at = value = 0
    while True:
        op, yes, no, k = steps[at]
        at += 1
        if op == 0x06:
            return k
        if op == 0x20:
            value = struct.unpack_from("=I", data, k)[0]
        elif op == 0x54:
            value &= k
        elif op == 0x05:
            at += k
        else:
            at += yes if {0x15: value == k, 0x35: value >= k, 0x45: bool(value & k)}[op] else no


class Filter:
    """Both filters of a job on a machine, asked by name; the stricter answer counts, as in the kernel."""

    def __init__(self, machine: str, files: str, *kind: bool, pid: int = 7) -> None:
        self.machine, self.numbers = machine, seccomp.numbers(machine, *seccomp.GROUPS)
        base, delta = seccomp.base(files, *kind[:1]), bytearray(seccomp.delta(files, *kind))
        for place in seccomp.places(bytes(delta)):
            struct.pack_into("=I", delta, place, pid)
        assert base is not None and len(base) // 8 <= 4096
        self.base, self.delta = base, bytes(delta)

    def worker(self, number: int | str, *arguments: int) -> int:
        return answer(self.base, self.machine, self.numbers.get(str(number), number), *arguments)  # type: ignore[arg-type]

    def job(self, name: int | str, *arguments: int) -> int:
        number = self.numbers[name] if isinstance(name, str) else name
        both = [answer(code, self.machine, number, *arguments) for code in (self.base, self.delta)]
        return KILL if KILL in both else min(both)


@pytest.fixture
def on(monkeypatch):
    def make(machine: str, files: str = seccomp.OWN, *kind: bool) -> Filter:
        monkeypatch.setattr(platform, "machine", lambda: machine)
        return Filter(machine, files, *kind)

    return make


@MACHINES
def test_numbers_are_those_of_the_kernel(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"{HEADERS[machine]} is not installed (package linux-libc-dev)")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text())
    theirs = {name: int(number) for name, number in found}
    theirs["newfstatat"] = theirs.pop("newfstatat", theirs.get("fstatat"))
    ours = seccomp.numbers(machine, *seccomp.GROUPS)
    newer = {"fchmodat2", "futex_waitv", "landlock_restrict_self", "landlock_add_rule"} - set(
        theirs
    )  # headers may be older than these
    assert {name: number for name, number in ours.items() if name not in newer and theirs.get(name) != number} == {}
    assert {ours["fchmodat2"], ours["futex_waitv"], ours["landlock_restrict_self"]} == {452, 449, 446}


@MACHINES
def test_no_call_is_in_two_groups(machine: str) -> None:
    names = [name for group in seccomp.GROUPS for name in seccomp.numbers(machine, group)]
    numbers = [number for group in seccomp.GROUPS for number in seccomp.numbers(machine, group).values()]
    assert len(names) == len(set(names)) == len(set(numbers))


@MACHINES
@pytest.mark.parametrize("files", [seccomp.OWN, seccomp.READ, seccomp.NONE])
def test_what_is_not_named_is_refused(machine: str, files: str, on) -> None:
    both = on(machine, files)
    by_number = {number: name for name, number in both.numbers.items()}
    attacks = {*seccomp.numbers(machine, seccomp.ATTACK, seccomp.NAMESPACES)}
    plain = {*seccomp.numbers(machine, seccomp.PLAIN)}
    plain |= {*seccomp.numbers(machine, seccomp.LOOK)} if files != seccomp.NONE else set()
    plain |= {*seccomp.numbers(machine, seccomp.KEEP)} if files == seccomp.OWN else set()
    for number in [*range(1000), 5000, 0x3FFFFFFF]:
        name = by_number.get(number)
        if name in plain - {"open"}:
            assert both.job(number, *6 * [2**64 - 1]) == ALLOW == both.job(number), name
        elif name in attacks:
            assert both.job(number) == KILL, name
        elif name is None or name in seccomp.numbers(machine, seccomp.WORKER):
            assert both.job(number) == (MISSING if number >= 424 and name is None else REFUSE), (number, name)
    for name in seccomp.numbers(machine, seccomp.START):  # for C++ only
        assert both.job(name) == (MISSING if both.numbers[name] >= 424 else REFUSE)
    for number in (0x40000000, 0x40000027, 0x80000000, 0xFFFFFFFF):
        assert both.job(number) == KILL  # the x32 numbers of x86-64
    assert answer(both.base, "i386", both.numbers["read"]) == KILL  # int 0x80


@MACHINES
def test_arguments_decide(machine: str, on) -> None:
    job = on(machine).job
    assert [job("fcntl", 3, command) for command in (1, 4, 6, 1030)] == 4 * [ALLOW]
    assert [job("fcntl", 3, command) for command in (8, 10, 15, 8 | HIGH, 1024, 1026, 1031)] == 7 * [REFUSE]
    assert [job("ioctl", 0, what) for what in (0x5401, 0x5421)] == 2 * [ALLOW]
    assert [job("ioctl", 0, what) for what in (0x8901, 0x8902, 0x5412, 0x5412 | HIGH, 0x40049409)] == 5 * [NO_TERMINAL]
    assert [job("prctl", what) for what in (15, 1, 4, 22, 36, 38, 15 | HIGH)] == [ALLOW, *5 * [REFUSE], ALLOW]
    assert [job("prlimit64", pid, 7, 1) for pid in (0, 1, 7, HIGH)] == [
        ALLOW,
        REFUSE,
        REFUSE,
        ALLOW,
    ]  # a pid has 32 bits
    threads, vfork, newuser = 0x3D0F00, 0x4111, 0x10000000
    assert [job("clone", flags) for flags in (threads, vfork, 17, threads | newuser)] == [ALLOW, *3 * [REFUSE]]
    assert job("clone3") == MISSING
    assert [job("sendto", 3, 9, 9, 0, address) for address in (0, 9, HIGH)] == [ALLOW, REFUSE, REFUSE]
    assert [job("socketpair", family) for family in (1, 2, 30)] == [ALLOW, REFUSE, REFUSE]
    assert [job("sendto", 3, 9, 9, flags) for flags in (0, 0x4000, 1, 0x4001)] == [ALLOW, ALLOW, REFUSE, REFUSE]
    assert [job("recvfrom", 3, 9, 9, flags) for flags in (0, 2, 1, 0x101)] == [ALLOW, ALLOW, REFUSE, REFUSE]
    assert [job("getsockopt", 3, 1, option) for option in (3, 38, 39, 17, 77)] == [*3 * [ALLOW], REFUSE, REFUSE]
    assert [job("kill", pid, 15) for pid in (7, 0, 1, 2**64 - 1, 2**64 - 7)] == [ALLOW, *4 * [REFUSE]]
    assert [job("tgkill", pid, pid, 15) for pid in (7, 0, 1)] == [ALLOW, REFUSE, REFUSE]
    assert job("kill", 7, 9) == job("kill", 7, 9 | HIGH) == job("tgkill", 7, 7, 9) == REFUSE
    assert [job("prlimit64", 0, 0, new) for new in (0, 8, HIGH)] == [ALLOW, REFUSE, REFUSE]


@MACHINES
def test_a_worker_may_fork_and_no_more(machine: str, on) -> None:
    worker = on(machine).worker
    assert [worker("clone", flags) for flags in (17, 0x1200011, 0x3D0F00, 0x10000011)] == [ALLOW, ALLOW, ALLOW, REFUSE]
    assert [worker(name) for name in ("kill", "unshare", "setns", "sendmsg", "openat")] == 5 * [ALLOW]
    assert [worker("prctl", what) for what in (1, 4, 22, 38, 36)] == [*4 * [ALLOW], REFUSE]


@MACHINES
def test_older_landlock_is_helped(machine: str, on) -> None:
    """Before its ABI 3 it does not see truncation, and never opening with the access mode 3."""
    both = on(machine, seccomp.READ)
    read, write, create, truncate, neither = 0, 1, 0o100, 0o1000, 3
    for flags in (read, write, write | create | truncate, 2 | truncate, 0o2000000):
        assert both.job("openat", 0, 9, flags) == ALLOW, flags
    for flags in (truncate, neither, neither | truncate, create | truncate):
        assert both.job("openat", 0, 9, flags) == REFUSE, flags
    assert both.job("truncate", 9, 0) == both.job("fchmod", 3, 0) == both.job("utimensat") == REFUSE


@MACHINES
def test_without_files_a_job_finds_none(machine: str, on) -> None:
    both = on(machine, seccomp.NONE)
    paths = [*seccomp.numbers(machine, seccomp.LOOK, seccomp.OPEN, seccomp.KEEP)]
    assert {both.job(name) for name in paths} == {REFUSE, MISSING} - ({MISSING} if "faccessat2" not in paths else set())
    assert both.worker("openat") == ALLOW


def test_an_unknown_machine_has_no_filter(monkeypatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert seccomp.base() is None


@MACHINES
@pytest.mark.parametrize("files", [seccomp.OWN, seccomp.READ])
def test_machine_code_is_started_and_starts_nothing(machine: str, files: str, on) -> None:
    python, code, compiler = (on(machine, files, *kind) for kind in [(), (True, False), (True, True)])
    start = {*seccomp.numbers(machine, seccomp.START)}
    starts = [name for name in ("fork", "vfork", "execve") if name in code.numbers]
    child = 17  # SIGCHLD
    assert {name for name in start if code.job(name, 0x1002) == ALLOW} == {"execveat", "arch_prctl"} & start
    assert {code.job(name) for name in starts} == {REFUSE} and code.job("clone", child) == REFUSE
    assert {compiler.job(name) for name in starts} == {ALLOW} and compiler.job("clone", child) == ALLOW
    assert "arch_prctl" not in start or code.job("arch_prctl", 0x3001) == 0x50000 | errno.EINVAL
    for both in (code, compiler):
        assert both.job("clone", 0x10000000) == both.job("landlock_add_rule") == both.job("kill", 1) == REFUSE
        assert {both.job(name) for name in seccomp.numbers(machine, seccomp.ATTACK, seccomp.NAMESPACES)} == {KILL}
        more = {name for name in both.numbers if both.job(name) == ALLOW != python.job(name)}
        assert more <= start | {*seccomp.numbers(machine, seccomp.REMOVE)} | {*starts, "clone"}
