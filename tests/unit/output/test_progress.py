"""Progress on stderr: one-time work is announced anywhere, and a terminal shows a line that moves and disappears."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from mcsearch.output.progress import progress_bar
from mcsearch.records.progress import no_progress, one_stage

PREPARING = "preparing demo for this processor (once, about 30 s)"
PATIENCE_S = 60.0
# What a run does: files are counted before and after a model is prepared. It goes on when it may read a line.
RUN = f"""
from mcsearch.output.progress import progress_bar
from mcsearch.records.progress import one_stage
with progress_bar() as progress:
    progress("indexing", 0, 40)
    with one_stage(progress, "loading demo"), one_stage(progress, {PREPARING!r}):
        progress("indexing", 10, 40)
        input()
    progress("indexing", 20, 40)
    input()
    progress("indexing", 40, 40)
print("done")
"""


def test_in_a_pipe_only_one_time_work_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as progress:
        progress("scanning", 1000, None)
        progress("indexing", 0, 2)
        with one_stage(progress, "loading demo"), one_stage(progress, PREPARING):
            pass
        progress("indexing", 2, 2)
        for done in (0, 5, 10):
            progress("downloading x (10 MB, licence MIT)", done, 10)
    assert capsys.readouterr().err == (
        "Preparing demo for this processor (once, about 30 s)\nDownloading x (10 MB, licence MIT)\n"
    )


def test_quiet_is_silent() -> None:
    with progress_bar(quiet=True) as progress:
        assert progress is no_progress


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_a_terminal_shows_what_is_under_way_and_nothing_of_it_stays() -> None:
    shown = _on_terminal(RUN, ["processor  00:01", "20/40"])
    lines = [line.rstrip() for part in shown.split("\n") for line in part.split("\r")]
    assert "Preparing demo for this processor (once, about 30 s)" in lines
    counted = [line for line in lines if line.startswith("Indexing:")]
    assert counted, "taken up again once the model is prepared"
    assert all("20/40" in line for line in counted), "not while the model is prepared"
    assert "\x1b" not in shown
    assert shown.rstrip("\r\n").endswith("done")
    assert not any(len(line) > 79 for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_a_dumb_terminal_gets_no_moving_line() -> None:
    shown = _on_terminal(RUN, ["Preparing", ""], TERM="dumb")
    assert shown == "Preparing demo for this processor (once, about 30 s)\r\ndone\r\n"


def _on_terminal(program: str, awaited: Sequence[str], **environment: str) -> str:
    """Return what a Python program writes to a terminal; it may read a line whenever it has shown the next of these."""
    import pty

    ours, theirs = pty.openpty()
    terminal = {**os.environ, "TERM": "xterm", **environment}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, env=terminal) as running:
        os.close(theirs)
        assert running.stdin is not None
        shown, waiting, deadline = "", [*awaited], time.monotonic() + PATIENCE_S
        with contextlib.suppress(OSError):  # Linux says that a terminal is closed with an error
            while part := os.read(ours, 65536):
                shown += part.decode()
                if time.monotonic() > deadline:
                    running.kill()
                while waiting and waiting[0] in shown:
                    waiting.pop(0)
                    running.stdin.write(b"\n")
                    running.stdin.flush()
        assert running.wait(60) == 0
    os.close(ours)
    return shown
