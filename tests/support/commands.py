"""Commands as a user gives them: in a process of their own, or, for much less time, in this one."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

Done = subprocess.CompletedProcess[str]


def in_a_process(arguments: Sequence[str], env: dict[str, str], cwd: Path, **options: Any) -> Done:
    """Run a program with variables besides those of this process; stdout and stderr as text."""
    return subprocess.run(
        arguments, env={**os.environ, **env}, capture_output=True, cwd=cwd, encoding="utf-8",
        errors="surrogateescape", timeout=300, check=False, **options,
    )  # fmt: skip


def in_this_process(arguments: Sequence[str], env: dict[str, str], cwd: Path) -> Done:
    """Run what the installed command, the first of the arguments, runs; only what belongs to a process is missing."""
    from mcsearch.cli.app import run

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", list(arguments))
        patch.chdir(cwd)
        for name, value in env.items():
            patch.setenv(name, value)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}  # watch sets them
        try:
            sentence, exit_code = run()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        if sentence:
            print(f"mcsearch: {sentence}", file=err)
    return Done(list(arguments), exit_code, _text(out), _text(err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode("utf-8", "surrogateescape")
