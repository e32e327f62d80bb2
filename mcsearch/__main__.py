"""python -m mcsearch, and the command mcsearch: end on Ctrl-C while Python is still importing, too.

This module imports nothing that takes time before it catches Ctrl-C. Before its first line, while the interpreter
itself starts, Ctrl-C cannot be caught.
"""

from __future__ import annotations

import gc
import os
import signal

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

# How many new objects Python looks for garbage among, usually 700: a command imports and makes many that stay.
_NEW_OBJECTS = 10_000


def main() -> NoReturn:
    """Run the command line and end the process."""
    open_closed_descriptors()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not with nohup, or in the background
        # An exception in the middle of an import would leave a traceback, or be taken for a missing package.
        signal.signal(signal.SIGINT, _stop)
    gc.disable()  # imports leave no garbage behind, and looking for it takes a twentieth of their time
    from mcsearch.cli.app import main as run

    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def open_closed_descriptors() -> None:
    """Open the null device for each standard stream that the caller has closed, so that no file gets its descriptor."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # for the processes that we start
    os.close(descriptor)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    try:
        os.write(2, b"mcsearch: Stopped.\n")
    finally:
        os._exit(130)


if __name__ == "__main__":
    main()
