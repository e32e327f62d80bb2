"""Find out how the terminal shows pictures, without leaving an answer behind and without waiting for one that is late.

A terminal is asked two questions at once: whether it knows kitty's graphics protocol, which most do not answer, and
what it is, which all answer. Once the second answer is there, nothing is left to wait for.
"""

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator
from typing import Literal

Protocol = Literal["kitty", "sixel", "blocks"]

# U=1 stands for pictures drawn through characters, which kitty knows since 0.28; older ones do not answer then.
_QUESTIONS = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24,U=1;AAAA\x1b\\\x1b[c"
_WHAT_IT_IS = re.compile(rb"\x1b\[\?([\d;]*)c")
_KNOWS_KITTY = re.compile(rb"\x1b_Gi=31[^\x1b]*;OK\x1b\\")
_SIXEL = b"4"
_PATIENCE_S = 1.0


def why_no_pictures() -> str | None:
    """Return why standard output cannot show pictures, as the end of a sentence; None if it can."""
    if not sys.stdout.isatty():
        return "standard output is not a terminal"
    if os.environ.get("NO_COLOR"):
        return "NO_COLOR is set"
    if os.environ.get("TERM", "dumb" if os.name == "posix" else "") == "dumb":
        return "TERM is dumb"
    if 0 in os.get_terminal_size(sys.stdout.fileno()):
        return "the terminal does not say how large it is"
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        return "the terminal does not take UTF-8"
    return None


def picture_protocol() -> Protocol:
    """Return the best way in which the terminal shows pictures; half blocks if it does not say in time.

    Sixel comes first, because some terminals know only a part of kitty's protocol.
    """
    answer = _answer()
    if (kind := _WHAT_IT_IS.search(answer)) and _SIXEL in kind[1].split(b";"):
        return "sixel"
    return "kitty" if _KNOWS_KITTY.search(answer) else "blocks"


def _answer() -> bytes:
    """Return what the terminal answers to the questions; nothing if it cannot be asked."""
    if os.name != "posix":
        return b""
    import select

    answer = b""
    with contextlib.suppress(OSError), _controlling_terminal() as terminal:
        os.write(terminal, _QUESTIONS)
        until = time.monotonic() + _PATIENCE_S
        while not _WHAT_IT_IS.search(answer) and (left := until - time.monotonic()) > 0:
            if select.select([terminal], [], [], left)[0]:
                answer += os.read(terminal, 1024)
    return answer


@contextlib.contextmanager
def _controlling_terminal() -> Iterator[int]:
    """Open the terminal to read single keys. Raises OSError if there is none, or if this is a background job."""
    import termios
    import tty

    terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            raise OSError("a background job would be stopped")
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal, termios.TCSANOW)
            yield terminal
        finally:
            termios.tcsetattr(terminal, termios.TCSANOW, before)
    except termios.error as error:
        raise OSError(*error.args) from None
    finally:
        os.close(terminal)
