"""A seccomp filter that refuses what no judged program needs: processes, sockets, signals, mounts, tracing.

A deny list, not an allow list: what is not named here is left to Landlock, namespaces and resource limits. Names and
numbers are those of Linux on x86-64 and aarch64; on any other machine there is no filter and so no isolation.
"""

from __future__ import annotations

import errno
import platform
import struct

_X86 = """fork 57;vfork 58;execve 59;kill 62;ptrace 101;syslog 103;setuid 105;setgid 106;setpgid 109;setsid 112
setreuid 113;setregid 114;setgroups 116;setresuid 117;setresgid 119;setfsuid 122;setfsgid 123;capset 126
rt_sigqueueinfo 129;personality 135;setpriority 141;sched_setparam 142;sched_setscheduler 144;vhangup 153
modify_ldt 154;pivot_root 155;adjtimex 159;setrlimit 160;chroot 161;acct 163;settimeofday 164;mount 165;umount2 166
swapon 167;swapoff 168;reboot 169;sethostname 170;setdomainname 171;iopl 172;ioperm 173;init_module 175
delete_module 176;quotactl 179;tkill 200;sched_setaffinity 203;clock_settime 227;tgkill 234;mbind 237
set_mempolicy 238;mq_open 240;kexec_load 246;add_key 248;request_key 249;keyctl 250;ioprio_set 251
inotify_init 253;migrate_pages 256;mknod 133;mknodat 259;unshare 272;move_pages 279;inotify_init1 294
shmget 29;shmat 30;socket 41;connect 42;accept 43;bind 49;listen 50;semget 64;msgget 68;sendmsg 46;recvmsg 47
rt_tgsigqueueinfo 297;perf_event_open 298;fanotify_init 300;name_to_handle_at 303;open_by_handle_at 304
clock_adjtime 305;setns 308;process_vm_readv 310;process_vm_writev 311;kcmp 312;finit_module 313;sched_setattr 314
seccomp 317;memfd_create 319;kexec_file_load 320;bpf 321;execveat 322;userfaultfd 323;accept4 288"""
_ARM = """mknodat 33;umount2 39;mount 40;pivot_root 41;chroot 51;quotactl 60;acct 89;capset 91;personality 92
unshare 97;kexec_load 104;init_module 105;delete_module 106;clock_settime 112;syslog 116;ptrace 117
sched_setparam 118;sched_setscheduler 119;sched_setaffinity 122;kill 129;tkill 130;tgkill 131;rt_sigqueueinfo 138
setpriority 140;reboot 142;setregid 143;setgid 144;setreuid 145;setuid 146;setresuid 147;setresgid 149
setfsuid 151;setfsgid 152;setpgid 154;setsid 157;setgroups 159;sethostname 161;setdomainname 162;setrlimit 164
settimeofday 170;adjtimex 171;mq_open 180;msgget 186;semget 190;shmget 194;shmat 196;socket 198;bind 200;listen 201
accept 202;connect 203;sendmsg 211;recvmsg 212;add_key 217;request_key 218;keyctl 219;execve 221;swapon 224
swapoff 225;mbind 235;set_mempolicy 237;migrate_pages 238;move_pages 239;rt_tgsigqueueinfo 240;perf_event_open 241
accept4 242;fanotify_init 262;name_to_handle_at 264;open_by_handle_at 265;clock_adjtime 266;setns 268
process_vm_readv 270;process_vm_writev 271;kcmp 272;finit_module 273;sched_setattr 274;seccomp 277;memfd_create 279
bpf 280;execveat 281;userfaultfd 282;vhangup 58;ioprio_set 30;inotify_init1 26;kexec_file_load 294"""
_BOTH = """pidfd_send_signal 424;io_uring_setup 425;io_uring_enter 426;io_uring_register 427;open_tree 428
move_mount 429;fsopen 430;fsconfig 431;fsmount 432;fspick 433;pidfd_open 434;pidfd_getfd 438;process_madvise 440
mount_setattr 442;memfd_secret 447;process_mrelease 448"""

_MACHINES = {
    "x86_64": (0xC000003E, _X86, {"clone": 56, "fcntl": 72, "ioctl": 16, "prctl": 157, "prlimit64": 302}),
    "aarch64": (0xC00000B7, _ARM, {"clone": 220, "fcntl": 25, "ioctl": 29, "prctl": 167, "prlimit64": 261}),
}
_CLONE3 = 435
_X32 = 0x40000000
_CLONE_THREAD = 0x10000
_FCNTL_REFUSED = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: the kernel would send a signal for you
_IOCTL_REFUSED = (0x8901, 0x8902, 0x5412)  # FIOSETOWN, SIOCSPGRP, TIOCSTI
_PRCTL_ALLOWED = 15  # PR_SET_NAME

_ZYGOTE_NEEDS = (
    "fork vfork kill tkill tgkill unshare setns capset setrlimit seccomp sendmsg recvmsg pidfd_open pidfd_send_signal"
)

_LOAD, _EQ, _GE, _SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH = 0, 4


def _arg(index: int, high: bool = False) -> int:
    return 16 + 8 * index + 4 * high


def _op(code: int, k: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, k)


def _numbers(table: str, zygote: bool) -> list[int]:
    """Numbers of the table's calls that the zygote needs, or of those that it does not."""
    entries = [entry.split() for entry in table.replace("\n", ";").split(";")]
    return [int(number) for name, number in entries if (name in _ZYGOTE_NEEDS.split()) == zygote]


def _only_if(number: int, checks: list[bytes]) -> list[bytes]:
    """Run `checks`, which must return, for this system call only; the number is loaded again after them."""
    return [_op(_EQ, number, 0, len(checks)), *checks]


def base() -> bytes | None:
    """The filter of a zygote, which its children inherit; `None` where the machine is unknown."""
    if platform.machine() not in _MACHINES:
        return None
    arch, table, _ = _MACHINES[platform.machine()]
    allow, refuse = _op(_RETURN, _ALLOW), _op(_RETURN, _REFUSE | errno.EPERM)
    code = [_op(_LOAD, _ARCH), _op(_EQ, arch, 1, 0), _op(_RETURN, _KILL), _op(_LOAD, _NR)]
    code += [_op(_GE, _X32, 0, 1), _op(_RETURN, _KILL)]
    for number in sorted(_numbers(table, zygote=False) + _numbers(_BOTH, zygote=False)):
        code += [_op(_EQ, number, 0, 1), refuse]
    return b"".join([*code, allow])


def delta() -> bytes:
    """The filter that a child adds: what only the zygote needed. Cheap, since it is installed once a job."""
    _, table, special = _MACHINES[platform.machine()]
    allow, refuse = _op(_RETURN, _ALLOW), _op(_RETURN, _REFUSE | errno.EPERM)
    code = [_op(_LOAD, _NR)]
    code += [_op(_EQ, _CLONE3, 0, 1), _op(_RETURN, _REFUSE | errno.ENOSYS)]  # glibc then asks for clone
    code += _only_if(special["clone"], [_op(_LOAD, _arg(0)), _op(_SET, _CLONE_THREAD, 0, 1), allow, refuse])
    for name, refused in (("fcntl", _FCNTL_REFUSED), ("ioctl", _IOCTL_REFUSED)):
        checks = [step for value in refused for step in (_op(_EQ, value, 0, 1), refuse)]
        code += _only_if(special[name], [_op(_LOAD, _arg(1)), *checks, allow])
    code += _only_if(special["prctl"], [_op(_LOAD, _arg(0)), _op(_EQ, _PRCTL_ALLOWED, 0, 1), allow, refuse])
    reads_only = [_op(_EQ, 0, 1, 0), refuse]  # prlimit64 with no new limit
    reads_only = [_op(_LOAD, _arg(2)), *reads_only, _op(_LOAD, _arg(2, high=True)), *reads_only, allow]
    code += _only_if(special["prlimit64"], reads_only)
    for number in _numbers(table, zygote=True) + _numbers(_BOTH, zygote=True):
        code += [_op(_EQ, number, 0, 1), refuse]
    return b"".join([*code, allow])
