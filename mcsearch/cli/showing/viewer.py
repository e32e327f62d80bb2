"""Open a file in the system's viewer."""

import os
import subprocess
import sys

from mcsearch.errors import OutputError
from mcsearch.paths import shown

# A viewer that has failed to start has ended by then.
_WAIT_S = 1.0


def open_in_viewer(path: str) -> None:
    """Open a file with the program that the system has for it, and leave that program running. Raises OutputError."""
    if not os.path.exists(path):
        raise OutputError(f"{shown(path)} cannot be opened, because it is missing.")
    if sys.platform == "win32":
        os.startfile(path)
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        viewer = subprocess.Popen(
            [program, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        raise OutputError(
            f"{shown(path)} cannot be opened, because the program {program} is missing.",
            hint="Install it (Debian: xdg-utils), or open the file yourself.",
        ) from None
    try:
        code = viewer.wait(_WAIT_S)
    except subprocess.TimeoutExpired:
        return
    if code:
        raise OutputError(f"{shown(path)} cannot be opened: {program} found no program for it.")
