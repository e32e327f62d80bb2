"""A worker process as its owner sees it: started, given files, asked, killed."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
from typing import BinaryIO, cast

from mcsearch.photos.workers.handing import CAN_HAND_OVER, Handed, send
from mcsearch.photos.workers.protocol import READY, request_line

_LINE_BYTES_AT_MOST = 1 << 20
_EXIT_WAIT_S = 1.0
# Exit codes of processes that were killed by others, for instance by the system when memory ran out.
KILLED_EXIT_CODES = {
    -getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
}


class WorkerProcess:
    """A process that decodes. `answers` is the stream of what it says, which is not to be believed.

    It runs from its creation on, uses at most `memory_bytes`, and is ready for requests after `wait_until_ready`.
    """

    def __init__(self, memory_bytes: int) -> None:
        # Workers get their own session, so that Ctrl-C reaches only the process that owns the library.
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only
        # The worker gets the module path of this process; -P keeps the current folder off that path.
        modules = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        self._channel: socket.socket | None = None
        theirs: socket.socket | None = None
        if CAN_HAND_OVER:
            self._channel, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "mcsearch.photos.workers.process", f"--memory={memory_bytes}"],
                stdin=subprocess.PIPE if theirs is None else theirs.fileno(),
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": modules, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                start_new_session=os.name == "posix", creationflags=new_group,
            )  # fmt: skip
        except BaseException:
            self._close_channel()
            raise
        finally:
            if theirs is not None:
                theirs.close()
        self.answers = cast("io.BufferedReader", self._process.stdout)

    def wait_until_ready(self) -> None:
        """Wait until the process takes requests. Raises OSError if it does not start."""
        while (line := self.answers.readline(_LINE_BYTES_AT_MOST)) != READY:
            if not line:
                raise OSError(
                    "a decode worker failed to start; run `python -m mcsearch.photos.workers.process` to see why"
                )

    @property
    def is_usable(self) -> bool:
        """Whether the process lives, and has said nothing that it was not asked for."""
        return self._process.poll() is None and not self._has_more_to_say()

    def ask(self, handed: Handed) -> None:
        """Send a request with its files. Raises OSError if the process has ended."""
        line = request_line(handed.request)
        if self._channel is not None:
            send(self._channel, line, handed)
        else:
            stdin = cast("BinaryIO", self._process.stdin)
            stdin.write(line)
            stdin.flush()

    def kill(self) -> None:
        """Kill the process without waiting for its end; any thread may do so."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """Kill the process and close its streams."""
        self._process.kill()
        self._process.wait()
        self._close_channel()
        for pipe in filter(None, (self._process.stdin, self._process.stdout)):
            with contextlib.suppress(OSError):
                pipe.close()

    def exit_code(self) -> int | None:
        """Return the exit code of a process that has stopped answering, or None if it is still running."""
        try:
            return self._process.wait(_EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            return None

    def _has_more_to_say(self) -> bool:
        """Return whether an answer was followed by more, which could pass for the answer to the next request."""
        if not CAN_HAND_OVER:
            return False
        os.set_blocking(self.answers.fileno(), False)
        try:
            return bool(self.answers.peek(1))
        finally:
            os.set_blocking(self.answers.fileno(), True)

    def _close_channel(self) -> None:
        if self._channel is not None:
            self._channel.close()
