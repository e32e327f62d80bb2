"""A seccomp filter for Linux that leaves a process what computing takes, and nothing that reaches other programs.

System calls that are not listed fail with ENOSYS, upon which the C library falls back to older ones. Files cannot be
opened for writing, processes cannot be started, only threads, and signals reach only the process itself.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator

# name → number on x86-64 and on aarch64; None where the system call does not exist.
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "preadv": (295, 69),
    "lseek": (8, 62), "close": (3, 57), "fstat": (5, 80), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17),
    "getdents64": (217, 61), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "poll": (7, None),
    "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "recvmsg": (47, 212), "recvfrom": (45, 207),
    "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226), "madvise": (28, 233),
    "brk": (12, 214), "mincore": (27, 232), "futex": (202, 98), "set_robust_list": (273, 99), "rseq": (334, 293),
    "set_tid_address": (218, 96), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getcpu": (309, 168), "membarrier": (324, 283), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132), "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "getrusage": (98, 165), "sysinfo": (99, 179),
    "uname": (63, 160), "getrandom": (318, 278), "getrlimit": (97, 163), "getpid": (39, 172), "getppid": (110, 173),
    "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
_OPEN, _OPENAT, _CLONE = (2, None), (257, 56), (56, 220)
_TGKILL, _PRCTL, _PRLIMIT, _FCNTL, _IOCTL = (234, 131), (157, 167), (302, 261), (72, 25), (16, 29)
_SECCOMP = (317, 277)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CLONE_THREAD = 0x10000
_NAMING = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA
# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. F_SETOWN would make the kernel send signals to other processes.
_DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 1030)
_TERMINAL_AND_FLAGS = (0x5401, 0x5421, 0x541B, 0x5450, 0x5451)  # TCGETS, FIONBIO, FIONREAD, FIONCLEX, FIOCLEX

# By platform.machine(): the column in the tables above, and the architecture as the kernel's audit names it.
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_NR_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_GET_ACTION_AVAIL = 2

_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def is_available() -> bool:
    """Return whether this kernel can confine a process by such a filter."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return False
    action = ctypes.c_uint32(_ERRNO)
    number = _SECCOMP[_MACHINES[platform.machine()][0]]
    return bool(ctypes.CDLL(None).syscall(number, _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0)


def apply() -> bool:
    """Confine this thread, and those it starts, until they end; return whether that succeeded."""
    if not is_available():
        return False
    instructions = list(_program(*_MACHINES[platform.machine()], os.getpid()))
    packed = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    kept = ctypes.create_string_buffer(packed, len(packed))
    program = _Program(len(instructions), ctypes.cast(kept, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(column: int, architecture: int, process: int) -> Iterator[_Instruction]:
    yield _LOAD, 0, 0, _ARCH_AT
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _KILL_PROCESS
    yield _LOAD, 0, 0, _NR_AT
    for numbers in _ALLOWED.values():
        yield from _when(numbers[column], [(_RETURN, 0, 0, _ALLOW)])
    yield from _when(_OPEN[column], _without_bits(1, _WRITING))
    yield from _when(_OPENAT[column], _without_bits(2, _WRITING))
    yield from _when(_CLONE[column], _with_bit(0, _CLONE_THREAD))
    yield from _when(_TGKILL[column], _one_of(0, (process,)))
    yield from _when(_PRCTL[column], _one_of(0, _NAMING))
    yield from _when(_PRLIMIT[column], _only_asking(process))
    yield from _when(_FCNTL[column], _one_of(1, _DESCRIPTOR_COMMANDS))
    yield from _when(_IOCTL[column], _one_of(1, _TERMINAL_AND_FLAGS))
    yield _refused(errno.ENOSYS)


def _when(number: int | None, instructions: list[_Instruction]) -> Iterator[_Instruction]:
    """Yield instructions that apply to one system call; they have to end in a return."""
    if number is not None:
        yield _EQUAL, 0, len(instructions), number
        yield from instructions


def _refused(error: int) -> _Instruction:
    return _RETURN, 0, 0, _ERRNO | error


def _argument(number: int, *, upper: bool = False) -> _Instruction:
    return _LOAD, 0, 0, _ARGUMENTS_AT + 8 * number + (4 if upper else 0)  # both architectures are little-endian


def _without_bits(argument: int, bits: int) -> list[_Instruction]:
    return [_argument(argument), (_ANY_BIT, 0, 1, bits), _refused(errno.EACCES), (_RETURN, 0, 0, _ALLOW)]


def _with_bit(argument: int, bit: int) -> list[_Instruction]:
    return [_argument(argument), (_ANY_BIT, 1, 0, bit), _refused(errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _one_of(argument: int, values: tuple[int, ...]) -> list[_Instruction]:
    checks = [part for value in values for part in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW))]
    return [_argument(argument), *checks, _refused(errno.EPERM)]


def _only_asking(process: int) -> list[_Instruction]:
    """Allow prlimit of the process itself that sets nothing: the third argument, a pointer, has to be null."""
    return [
        _argument(2), (_EQUAL, 1, 0, 0), _refused(errno.EPERM),
        _argument(2, upper=True), (_EQUAL, 1, 0, 0), _refused(errno.EPERM),
        *_one_of(0, (0, process)),
    ]  # fmt: skip
