"""The sandbox of macOS, by the call that browsers use for processes that decode. Not tested on a Mac yet."""

import contextlib
import ctypes
import platform
from collections.abc import Iterable

_LIBRARY = "/usr/lib/libSystem.B.dylib"


def is_available() -> bool:
    """Return whether this system has the call."""
    found = False
    if platform.system() == "Darwin":
        with contextlib.suppress(OSError):
            found = hasattr(ctypes.CDLL(_LIBRARY), "sandbox_init")
    return found


def apply(readable: Iterable[str]) -> bool:
    """Confine this process to reading at or below these paths; return whether that succeeded."""
    if not is_available():
        return False
    error = ctypes.c_char_p()
    profile = profile_for(readable).encode()
    return bool(ctypes.CDLL(_LIBRARY).sandbox_init(profile, ctypes.c_uint64(0), ctypes.byref(error)) == 0)


def profile_for(readable: Iterable[str]) -> str:
    """Return a profile in Apple's language that denies everything but reading at or below these paths."""
    quoted = (path.replace("\\", "\\\\").replace('"', '\\"') for path in readable)
    below = " ".join(f'(subpath "{path}")' for path in quoted)
    return "\n".join(
        (
            "(version 1)",
            "(deny default)",
            "(allow file-read-metadata)",
            f"(allow file-read* file-map-executable {below})",
            "(allow sysctl-read)",
            "(allow signal (target self))",
        )
    )
