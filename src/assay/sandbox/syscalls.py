"""Names and numbers of Linux system calls on x86-64 and on aarch64, in groups by what they can reach.

A line is `name x86-64 aarch64`; a dash is a call that the machine does not have. A test reads them beside the kernel's
own headers.
"""

from __future__ import annotations

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
exit_group 231 94;wait4 61 260;waitid 247 95;recvfrom 45 207;shutdown 48 210;getsockname 51 204;getpeername 52 205
getsockopt 55 209"""
"""Calls that reach only the process itself and what it has open, whatever their arguments."""

ARGUED = """fcntl 72 25;ioctl 16 29;prctl 157 167;prlimit64 302 261;clone 56 220;clone3 435 435;sendto 44 206
socketpair 53 199"""
"""Calls whose arguments decide."""

LOOK = """open 2 -;stat 4 -;lstat 6 -;newfstatat 262 79;statx 332 291;access 21 -;faccessat 269 48
faccessat2 439 439;readlink 89 -;readlinkat 267 78;chdir 80 49;fchdir 81 50;getdents 78 -;statfs 137 43"""
"""Calls that find and read files; Landlock or an empty root decides which."""

OPEN = "openat 257 56;getdents64 217 61"
"""The same, and a zygote needs them for `/proc`."""

KEEP = """creat 85 -;rename 82 -;renameat 264 38;renameat2 316 276;mkdir 83 -;mkdirat 258 34;rmdir 84 -;unlink 87 -
unlinkat 263 35;link 86 -;linkat 265 37;symlink 88 -;symlinkat 266 36;truncate 76 45;chmod 90 -;fchmod 91 52
fchmodat 268 53;fchmodat2 452 452;utime 132 -;utimes 235 -;futimesat 261 -;utimensat 280 88;flock 73 32
getxattr 191 8;lgetxattr 192 9;fgetxattr 193 10;listxattr 194 11;llistxattr 195 12;flistxattr 196 13"""
"""Calls that change files. Landlock does not know modes, times and locks, so these need a root of one's own."""

ZYGOTE = "fork 57 -;capset 126 91;sendmsg 46 211;recvmsg 47 212;pidfd_open 434 434;landlock_restrict_self 446 446"
"""Calls that a zygote needs to start its children, and they do not."""

SIGNAL = "kill 62 129;tgkill 234 131"
"""Calls that a zygote needs, and a child for itself alone."""

NAMESPACES = "unshare 272 97;setns 308 268"
"""Calls that a zygote needs, and no program has a reason for."""

ATTACK = """ptrace 101 117;process_vm_readv 310 270;process_vm_writev 311 271;process_madvise 440 440
pidfd_getfd 438 438;mount 165 40;umount2 166 39;pivot_root 155 41;move_mount 429 429;open_tree 428 428;fsopen 430 430
fsconfig 431 431;fsmount 432 432;fspick 433 433;mount_setattr 442 442;bpf 321 280;io_uring_setup 425 425
io_uring_enter 426 426;io_uring_register 427 427;userfaultfd 323 282;perf_event_open 298 241
open_by_handle_at 304 265;kexec_load 246 104;kexec_file_load 320 294;init_module 175 105;finit_module 313 273
delete_module 176 106;reboot 169 142;swapon 167 224;swapoff 168 225;iopl 172 -;ioperm 173 -;modify_ldt 154 -"""
"""Calls that no judged program has a reason for: they reach into other processes or into the kernel."""

GROUPS = (PLAIN, ARGUED, LOOK, OPEN, KEEP, ZYGOTE, SIGNAL, NAMESPACES, ATTACK)


def numbers(machine: str, *groups: str) -> dict[str, int]:
    """The calls of some groups by name, as `x86_64` or `aarch64` numbers them."""
    column = {"x86_64": 1, "aarch64": 2}[machine]
    lines = [entry.split() for group in groups for entry in group.replace("\n", ";").split(";")]
    return {line[0]: int(line[column]) for line in lines if line[column] != "-"}
