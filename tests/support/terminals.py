"""What is written to a pseudo-terminal."""

import contextlib
import os


def read_to_the_end(terminal: int) -> str:
    """Read what was written to a terminal or a pipe until all writers have closed it, and close it.

    A single read may return a part, even after the writer has ended: the kernel hands text on in the background.
    """
    parts = []
    with contextlib.suppress(OSError):  # Linux says that a terminal is closed with an error
        while part := os.read(terminal, 65536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()
