"""The pool of worker processes: one thread and one process each, so that no file can stop a run.

A thread writes a request, waits for the answer and delivers an outcome. A
process that takes too long is killed and a process that dies is replaced; either costs one failure.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mcsearch.photos.decode import Pixels
from mcsearch.photos.worker import READY
from mcsearch.records import ScannedFile

TIME_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Hashed:
    """The content hash of a file that was read but not decoded."""

    file: ScannedFile
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's content hash and its uint8 pixels, shape (size, size, 3)."""

    file: ScannedFile
    content_hash: bytes
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A file that could not be read. `retry` says that the fault may pass without the file changing."""

    file: ScannedFile
    reason: str
    retry: bool


Outcome = Hashed | Decoded | Undecodable | OSError  # an OSError: no worker can be started


class DecodePool:
    """Decodes files to one size in `count` processes; any thread calls `deliver`, with outcomes in any order."""

    def __init__(
        self,
        count: int,
        size: int,
        interpolation: str,
        deliver: "Callable[[Outcome], None]",
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._jobs: queue.Queue[tuple[ScannedFile, bool] | None] = queue.Queue()
        self._closing = threading.Event()
        self._workers = [_Worker(self._jobs, deliver, size, interpolation, time_limit_s) for _ in range(count)]
        for worker in self._workers:
            worker.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, file: ScannedFile, *, decode: bool) -> None:
        """Queue a file; its outcome is a Hashed (decode=False), a Decoded, or an Undecodable."""
        self._jobs.put((file, decode))

    def close(self) -> None:
        """Stop at once: running processes are killed, queued files forgotten."""
        self._closing.set()
        for worker in self._workers:
            worker.closing = True
            self._jobs.put(None)
            worker.kill()

    def _watch(self) -> None:
        while not self._closing.wait(0.25):
            now = time.monotonic()
            for worker in self._workers:
                if now > worker.deadline:
                    worker.timed_out = True
                    worker.kill()


class _Worker(threading.Thread):
    def __init__(
        self,
        jobs: "queue.Queue[tuple[ScannedFile, bool] | None]",
        deliver: "Callable[[Outcome], None]",
        size: int,
        interpolation: str,
        time_limit_s: float,
    ) -> None:
        super().__init__(daemon=True)
        self._jobs, self._deliver = jobs, deliver
        self._size, self._interpolation, self._time_limit_s = size, interpolation, time_limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self.deadline = float("inf")
        self.timed_out = False
        self.closing = False

    def run(self) -> None:
        while (job := self._jobs.get()) is not None and not self.closing:
            try:
                self._process = self._process or self._start()
            except OSError as error:
                self._deliver(error)
                return
            self._deliver(self._ask(self._process, *job))
        self.kill()

    def kill(self) -> None:
        """End the process; the request it was working on, if any, becomes a failure."""
        if (process := self._process) is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def _ask(self, process: "subprocess.Popen[bytes]", file: ScannedFile, decode: bool) -> Outcome:
        assert process.stdin
        assert process.stdout
        request = {"path": file.path, "decode": decode, "size": self._size, "interpolation": self._interpolation}
        self.deadline = time.monotonic() + self._time_limit_s
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            if "reason" in answer:
                return Undecodable(file, answer["reason"], answer["retry"])
            content_hash = bytes.fromhex(answer["hash"])
            if not decode:
                return Hashed(file, content_hash)
            pixels = np.frombuffer(process.stdout.read(int(np.prod(answer["shape"]))), np.uint8)
            return Decoded(file, content_hash, pixels.reshape(answer["shape"]))
        except (OSError, ValueError):  # the answer broke off: the process is gone
            return self._bury(process, file)
        finally:
            self.deadline = float("inf")

    def _start(self) -> "subprocess.Popen[bytes]":
        # A session of its own, so that Ctrl-C reaches only the process that owns the library.
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "mcsearch.photos.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            start_new_session=os.name == "posix", creationflags=new_group,
        )  # fmt: skip
        assert process.stdout
        if process.stdout.readline() != READY and not self.closing:
            raise OSError("a decode worker does not start; `python -m mcsearch.photos.worker` shows why")
        return process

    def _bury(self, process: "subprocess.Popen[bytes]", file: ScannedFile) -> Undecodable:
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process = None
        if self.timed_out:
            self.timed_out = False
            return Undecodable(file, f"took longer than {self._time_limit_s:g} seconds to decode", retry=False)
        return Undecodable(file, f"the decoder crashed on it (exit code {code})", retry=False)
