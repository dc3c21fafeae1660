"""A seccomp filter that allows what judged programs need, and refuses every other system call.

A worker takes `base`, which its children inherit; each child adds `delta`, which takes away what only the worker
needed. What no group names fails with EPERM, or with ENOSYS where C libraries know what to do instead;
calls that only an attack has a reason for end the process with SIGSYS. A filter is a binary search over call numbers,
and calls that are allowed whatever their arguments stay so in both, since the kernel then never runs a filter for them.
On machines other than x86-64 and aarch64 there is no filter and so no isolation.

A line of a group is `name x86-64 aarch64`; a dash is a call that the machine does not have. A test reads them beside
the kernel's own headers.
"""

from __future__ import annotations

import errno
import platform
import struct

PLAIN = """read 0 63;write 1 64;close 3 57;fstat 5 80;lseek 8 62;mmap 9 222;mprotect 10 226;munmap 11 215;brk 12 214
rt_sigaction 13 134;rt_sigprocmask 14 135;rt_sigreturn 15 139;pread64 17 67;pwrite64 18 68;readv 19 65;writev 20 66
preadv 295 69;pwritev 296 70;preadv2 327 286;pwritev2 328 287;poll 7 -;ppoll 271 73;select 23 -;pselect6 270 72
epoll_create1 291 20;epoll_ctl 233 21;epoll_wait 232 -;epoll_pwait 281 22;epoll_pwait2 441 441;dup 32 23;dup2 33 -
dup3 292 24;pipe 22 -;pipe2 293 59;ftruncate 77 46;fsync 74 82;fdatasync 75 83;fstatfs 138 44;getcwd 79 17
umask 95 166;close_range 436 436;mremap 25 216;msync 26 227;madvise 28 233
sched_getaffinity 204 123;sched_getparam 143 121;sched_getscheduler 145 120;sched_get_priority_max 146 125
sched_get_priority_min 147 126;sched_rr_get_interval 148 127;getpriority 140 141;getcpu 309 168;nanosleep 35 101
clock_nanosleep 230 115;clock_gettime 228 113;clock_getres 229 114;gettimeofday 96 169;time 201 -;getrandom 318 278
pause 34 -;alarm 37 -;getitimer 36 102;setitimer 38 103;getpid 39 172;getppid 110 173;gettid 186 178;getuid 102 174
geteuid 107 175;getgid 104 176;getegid 108 177;getresuid 118 148;getresgid 120 150;getgroups 115 158;getpgid 121 155
getpgrp 111 -;getsid 124 156;uname 63 160;sysinfo 99 179;getrusage 98 165;times 100 153;getrlimit 97 163
rt_sigpending 127 136;rt_sigtimedwait 128 137;rt_sigsuspend 130 133;sigaltstack 131 132;restart_syscall 219 128
futex 202 98;futex_waitv 449 449;set_robust_list 273 99;set_tid_address 218 96;rseq 334 293;exit 60 93
exit_group 231 94;wait4 61 260;waitid 247 95;shutdown 48 210;getsockname 51 204;getpeername 52 205"""
"""Calls that reach only the process itself and what it has open, whatever their arguments."""

ARGUED = """fcntl 72 25;ioctl 16 29;prctl 157 167;prlimit64 302 261;clone 56 220;clone3 435 435;sendto 44 206
recvfrom 45 207;getsockopt 55 209;socketpair 53 199"""
"""Calls whose arguments decide."""

LOOK = """open 2 -;stat 4 -;lstat 6 -;newfstatat 262 79;statx 332 291;access 21 -;faccessat 269 48
faccessat2 439 439;readlink 89 -;readlinkat 267 78;chdir 80 49;fchdir 81 50;getdents 78 -;statfs 137 43"""
"""Calls that find and read files; Landlock or an empty root decides which."""

OPEN = "openat 257 56;getdents64 217 61"
"""The same, and a worker needs them for `/proc`."""

KEEP = """creat 85 -;rename 82 -;renameat 264 38;renameat2 316 276;mkdir 83 -;mkdirat 258 34;rmdir 84 -;unlink 87 -
unlinkat 263 35;link 86 -;linkat 265 37;symlink 88 -;symlinkat 266 36;truncate 76 45;chmod 90 -;fchmod 91 52
fchmodat 268 53;fchmodat2 452 452;utime 132 -;utimes 235 -;futimesat 261 -;utimensat 280 88;flock 73 32
getxattr 191 8;lgetxattr 192 9;fgetxattr 193 10;listxattr 194 11;llistxattr 195 12;flistxattr 196 13"""
"""Calls that change files. Landlock does not know modes, times and locks, so these need a root of one's own."""

WORKER = "fork 57 -;capset 126 91;sendmsg 46 211;recvmsg 47 212;pidfd_open 434 434;landlock_restrict_self 446 446"
"""Calls that a worker needs to start its children, and they do not."""

SIGNAL = "kill 62 129;tgkill 234 131"
"""Calls that a worker needs, and a child for itself alone."""

START = "execve 59 221;execveat 322 281;vfork 58 -;arch_prctl 158 -;landlock_add_rule 445 445"
"""Calls that a compiler needs to be given a folder and to start its parts, and machine code to be started."""

REMOVE = "unlink 87 -;unlinkat 263 35"
"""Calls of `KEEP` that a compiler needs; Landlock knows them."""

NAMESPACES = "unshare 272 97;setns 308 268"
"""Calls that a worker needs, and no program has a reason for."""

ATTACK = """ptrace 101 117;process_vm_readv 310 270;process_vm_writev 311 271;process_madvise 440 440
pidfd_getfd 438 438;mount 165 40;umount2 166 39;pivot_root 155 41;move_mount 429 429;open_tree 428 428;fsopen 430 430
fsconfig 431 431;fsmount 432 432;fspick 433 433;mount_setattr 442 442;bpf 321 280;io_uring_setup 425 425
io_uring_enter 426 426;io_uring_register 427 427;userfaultfd 323 282;perf_event_open 298 241
open_by_handle_at 304 265;kexec_load 246 104;kexec_file_load 320 294;init_module 175 105;finit_module 313 273
delete_module 176 106;reboot 169 142;swapon 167 224;swapoff 168 225;iopl 172 -;ioperm 173 -;modify_ldt 154 -"""
"""Calls that no judged program has a reason for: they reach into other processes or into the kernel."""

GROUPS = (PLAIN, ARGUED, LOOK, OPEN, KEEP, WORKER, START, SIGNAL, NAMESPACES, ATTACK)

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
_FS = (0x1002, 0x1003)  # ARCH_SET_FS, ARCH_GET_FS: where a thread's own variables are
_NAMES = (15, 16)  # PR_SET_NAME, PR_GET_NAME
_PRCTL = (*_NAMES, 1, 4, 22, 38)  # and, for the worker: death signal, dumpable, seccomp, no new privileges
_O_ACCMODE, _O_TRUNC = 3, 0o1000
_MSG_OOB = 1
_SOCKET_OPTIONS = (2, 3, 4, 7, 8, 9, 20, 21, 30, 38, 39)
"""SO_REUSEADDR, SO_TYPE, SO_ERROR, sizes of buffers, SO_KEEPALIVE, timeouts, SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN.

None that names the process at the other end, or hands out a descriptor of it."""
_RLIMIT_CPU, _SIGKILL = 0, 9

_LOAD, _AND, _JUMP, _EQ, _GE, _SET, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x45, 0x06
_NR, _ARCH = 0, 4

_Code = bytes


def numbers(machine: str, *groups: str) -> dict[str, int]:
    """The calls of some groups by name, as `x86_64` or `aarch64` numbers them."""
    column = {"x86_64": 1, "aarch64": 2}[machine]
    lines = [entry.split() for group in groups for entry in group.replace("\n", ";").split(";")]
    return {line[0]: int(line[column]) for line in lines if line[column] != "-"}


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


def _sending() -> _Code:
    """To the other end only, and nothing out of band, which is a path through the kernel that programs do not need."""
    return _argument(3) + _op(_SET, _MSG_OOB, 0, 1) + _REFUSE + _null(4)


def _signalling(index: int) -> _Code:
    """To itself only, and not SIGKILL: who dies of that was killed from outside, and has its verdict made again."""
    return _argument(0) + _op(_EQ, PID, 0, 2) + _argument(index) + _op(_EQ, _SIGKILL, 0, 1) + _REFUSE + _ALLOW


def _limiting() -> _Code:
    """Any limit but that of CPU time, at which the kernel sends SIGKILL; that one may be read."""
    reading = _null(2)
    return _argument(1) + _op(_EQ, _RLIMIT_CPU, 0, len(reading) // 8 - 1) + reading


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


def base(files: str = OWN, native: bool = False) -> bytes | None:
    """The filter of a worker, which its children inherit, of machine code if `native`; `None` on an unknown machine."""
    machine = platform.machine()
    if machine not in _ARCHES:
        return None
    groups = [PLAIN, OPEN, WORKER, SIGNAL, NAMESPACES]
    groups += [LOOK] if files != NONE else []
    groups += [KEEP] if files == OWN else []
    groups += [START, REMOVE] if native else []
    named = numbers(machine, *GROUPS)
    rules = dict.fromkeys(numbers(machine, *groups).values(), _ALLOW)
    rules |= dict.fromkeys(numbers(machine, ATTACK).values(), _KILL)
    argued = {
        "fcntl": _one_of(1, _FCNTL),
        "ioctl": _one_of(1, _IOCTL, _fail(errno.ENOTTY)),
        "prctl": _one_of(0, _PRCTL),
        "prlimit64": _one_of(0, (0,)),
        "clone": _without(0, _NAMESPACES),
        "clone3": _MISSING,  # its arguments are out of a filter's sight; glibc then asks for clone
        "sendto": _sending(),
        "recvfrom": _without(3, _MSG_OOB),
        "getsockopt": _one_of(2, _SOCKET_OPTIONS),
        "socketpair": _one_of(0, (_UNIX,)),
    }
    if files == READ:
        argued |= {"open": _opening(1), "openat": _opening(2)}
    rules |= {named[name]: code for name, code in argued.items() if name in named}
    ours = _op(_LOAD, _ARCH) + _op(_EQ, _ARCHES[machine], 1, 0) + _KILL
    return ours + _op(_LOAD, _NR) + _search(rules, {0: _REFUSE, _NEW: _MISSING, _X32: _KILL})


def delta(files: str = OWN, native: bool = False, compiles: bool = False) -> bytes:
    """The filter that a child adds, small since it is installed once a job; a child writes its id to `places`.

    What is `native` may be replaced by other machine code, which is then where it was; only what `compiles` may start a
    process.
    """
    machine = platform.machine()
    named = numbers(machine, *GROUPS)
    rules = dict.fromkeys(numbers(machine, WORKER).values(), _REFUSE)
    rules |= {named["kill"]: _signalling(1), named["tgkill"]: _signalling(2)}
    rules[named["prlimit64"]] = _limiting()
    rules |= dict.fromkeys(numbers(machine, NAMESPACES).values(), _KILL)
    rules[named["clone"]] = _argument(0) + _op(_SET, _CLONE_THREAD, 1, 0) + _REFUSE + _ALLOW
    rules[named["prctl"]] = _one_of(0, _NAMES)
    if native:
        rules |= {number: _REFUSE for name, number in numbers(machine, START).items() if name != "execveat"}
        rules |= {named["arch_prctl"]: _one_of(0, _FS, _fail(errno.EINVAL))} if "arch_prctl" in named else {}
    if compiles:
        for name in ("fork", "vfork", "clone", "execve"):
            rules.pop(named.get(name, -1), None)
    if files == NONE:
        rules |= dict.fromkeys(numbers(machine, OPEN).values(), _REFUSE)
    return _op(_LOAD, _NR) + _chosen(rules)


def places(code: bytes) -> tuple[int, ...]:
    """Where in a filter a child writes its own process id, as four bytes."""
    return tuple(at for at in range(4, len(code), 8) if code[at : at + 4] == struct.pack("=I", PID))
