"""Landlock: the files a process may reach on Linux, by kernel call.

https://docs.kernel.org/userspace-api/landlock.html. Each version of the interface knows more that can be forbidden.
"""

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# The number of kinds of access to files that each version knows, from the first.
_KINDS_OF_ACCESS = (13, 14, 15, 15, 16)
_NETWORK_SINCE, _BIND_AND_CONNECT = 4, 3
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 3


def version() -> int:
    """Return the version of the kernel's interface; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION)))


def apply(readable: Iterable[str]) -> bool:
    """Confine this thread, and those it starts, to reading at or below these paths; return whether that succeeded.

    Files that are open already stay usable.
    """
    known = version()
    if not known:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    access = (1 << _KINDS_OF_ACCESS[min(known, len(_KINDS_OF_ACCESS)) - 1]) - 1
    attributes = struct.pack("Q", access)
    if known >= _NETWORK_SINCE:
        attributes += struct.pack("Q", _BIND_AND_CONNECT)
    if known >= _SCOPES_SINCE:
        attributes += struct.pack("Q", _SOCKETS_AND_SIGNALS)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            with contextlib.suppress(OSError):  # not every system has every folder
                _allow_reading(libc, ruleset, path)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        access = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, opened), 0)
    finally:
        os.close(opened)
