"""The pool of decode workers, each a thread with its own process, so that no file can stop a run.

The thread sends a request, waits for the answer and delivers an outcome. A process that takes too long is killed, and
a process that dies is replaced. Either counts as a failure of that file, marked for a retry if the file may be intact.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mcsearch.photos.workers.protocol import READY, Pixels, Refusal, Request, Task, read_answer, write_request
from mcsearch.records import Facts, Framing, ScannedFile

TIME_LIMIT_S = 60.0
# The time limit grows with the size of the file, so that large files can be read from disks as slow as this.
_MIN_READ_BYTES_PER_S = 1_000_000
# Exit codes of processes that were killed by others, for instance by the system when memory ran out.
_KILLED_EXIT_CODES = {
    -getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
}
_EXIT_WAIT_S = 1.0
_TICK_S = 0.25
_LINE_BYTES_AT_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class FactsRead:
    """The facts of a file of which only the facts were read; that took `read_s` seconds."""

    file: ScannedFile
    facts: Facts
    read_s: float


@dataclass(frozen=True, slots=True)
class Hashed:
    """The content hash and facts of a file that was hashed only; reading and hashing took `read_s` seconds."""

    file: ScannedFile
    content_hash: bytes
    facts: Facts
    read_s: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """The content hash, facts and pixels of a decoded file.

    Pixels are uint8 of shape (height, width, 3), or (frames, height, width, 3) for a video; `whole` is the picture,
    squeezed to a square, if the pool was asked for it. Reading and hashing took `read_s` seconds, decoding and reading
    the facts `decode_s` seconds.
    """

    file: ScannedFile
    content_hash: bytes
    facts: Facts
    pixels: Pixels
    read_s: float
    decode_s: float
    whole: Pixels | None = None


@dataclass(frozen=True, slots=True)
class TextRead:
    """The content hash of a file, and the text in its picture."""

    file: ScannedFile
    content_hash: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A file that could not be read or decoded; `retry` is true if it may succeed later without any change to it."""

    file: ScannedFile
    reason: str
    retry: bool


Outcome = FactsRead | Hashed | Decoded | TextRead | Undecodable | OSError  # OSError: a worker could not be started
_Job = tuple[ScannedFile, Request]


# Far more than any machine needs; each worker process takes about 100 MB.
MOST_WORKERS = 256


def processors() -> int:
    """Return the number of processors available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class DecodePool:
    """Decode files in `count` processes; the pool's threads call `deliver` with the outcomes, in any order.

    `whole_side` is the side in pixels of the whole pictures to deliver besides the framed ones; 0 for none.
    """

    def __init__(
        self,
        count: int,
        framing: Framing,
        deliver: Callable[[Outcome], None],
        time_limit_s: float = TIME_LIMIT_S,
        *,
        whole_side: int = 0,
    ) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._framing, self._whole_side = framing, whole_side
        self._closing = threading.Event()
        self._workers = [_Worker(self._jobs, deliver, time_limit_s) for _ in range(count)]
        for worker in self._workers:
            worker.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, file: ScannedFile, task: Task, *, framing: Framing | None = None) -> None:
        """Queue a file. Its outcome is FactsRead, Hashed, Decoded or TextRead, by its task, Undecodable or OSError.

        `framing` replaces the pool's framing for this file.
        """
        sidecars = tuple(sidecar.path for sidecar in file.sidecars)
        self._jobs.put((file, Request(file.path, task, framing or self._framing, sidecars, self._whole_side)))

    def close(self) -> None:
        """Stop at once: kill the worker processes, discard queued files and deliver no further outcomes."""
        self._closing.set()
        for worker in self._workers:
            worker.close()

    def _watch(self) -> None:
        while not self._closing.wait(_TICK_S):
            for worker in self._workers:
                worker.tick()


def decode_all(files: Iterable[ScannedFile], framing: Framing, count: int) -> Iterator[Decoded | Undecodable]:
    """Decode files in `count` processes and yield their outcomes as they complete, in any order.

    Only a few files are in flight at a time, so memory use does not grow with the number of files.
    Raises OSError if a worker cannot be started.
    """
    for outcome in _work_on_all(files, "decode", framing, count, TIME_LIMIT_S):
        assert isinstance(outcome, Decoded | Undecodable)
        yield outcome


def read_all(
    files: Iterable[ScannedFile], framing: Framing, count: int, time_limit_s: float
) -> Iterator[TextRead | Undecodable]:
    """Read the text in files in `count` processes, as `decode_all` decodes them."""
    for outcome in _work_on_all(files, "text", framing, count, time_limit_s):
        assert isinstance(outcome, TextRead | Undecodable)
        yield outcome


def _work_on_all(
    files: Iterable[ScannedFile], task: Task, framing: Framing, count: int, time_limit_s: float
) -> Iterator[Outcome]:
    outcomes: queue.Queue[Outcome] = queue.Queue()
    pool = DecodePool(count, framing, outcomes.put, time_limit_s)
    in_flight, waiting = 0, iter(files)
    try:
        while True:
            while in_flight < 2 * count and (file := next(waiting, None)) is not None:
                pool.submit(file, task)
                in_flight += 1
            if not in_flight:
                return
            outcome = outcomes.get()
            in_flight -= 1
            if isinstance(outcome, OSError):
                raise outcome
            yield outcome
    finally:
        pool.close()


class _Worker(threading.Thread):
    def __init__(
        self, jobs: "queue.Queue[_Job | None]", deliver: Callable[[Outcome], None], time_limit_s: float
    ) -> None:
        super().__init__(daemon=True)
        self._jobs, self._deliver, self._time_limit_s = jobs, deliver, time_limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        # State shared with the watching thread: the time spent on reading or decoding so far, its limit, and whether
        # the limit was exceeded. Time is counted in ticks because a clock keeps running while Ctrl-Z stops the program.
        self._lock = threading.Lock()
        self._taken_s: float | None = None
        self._may_take_s = 0.0
        self._is_reading = False
        self._timed_out = False

    def run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closing:
            try:
                outcome: Outcome = self._ask(self._live_process(), *job)
            except OSError as error:
                outcome = error
            if not self._closing:
                self._deliver(outcome)
            if isinstance(outcome, OSError):
                break
        self._end_process()

    def tick(self) -> None:
        """Kill the process if its request has taken too long; called every _TICK_S seconds."""
        with self._lock:
            if self._taken_s is None:
                return
            self._taken_s += _TICK_S
            if self._taken_s > self._may_take_s:
                self._timed_out = True
                self._kill()

    def close(self) -> None:
        """Kill the process and end the thread."""
        self._closing = True
        self._jobs.put(None)
        self._kill()

    def _kill(self) -> None:
        if (process := self._process) is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def _live_process(self) -> "subprocess.Popen[bytes]":
        """Return a live process, starting one if necessary. Raises OSError if it cannot be started."""
        if self._process is not None and (self._timed_out or self._process.poll() is not None):
            self._end_process()
        return self._process or self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        # Workers get their own session, so that Ctrl-C reaches only the process that owns the library.
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows only
        # The worker gets the module path of this process; -P keeps the current folder off that path.
        modules = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        self._process = process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mcsearch.photos.workers.process"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": modules, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            start_new_session=os.name == "posix", creationflags=new_group,
        )  # fmt: skip
        if self._closing:
            self._kill()
        assert process.stdout
        while (line := process.stdout.readline(_LINE_BYTES_AT_MOST)) != READY:
            if not line:
                raise OSError(
                    "a decode worker failed to start; run `python -m mcsearch.photos.workers.process` to see why"
                )
        return process

    def _ask(self, process: "subprocess.Popen[bytes]", file: ScannedFile, request: Request) -> Outcome:
        with self._lock:
            self._taken_s, self._timed_out, self._is_reading = 0.0, False, True
            self._may_take_s = self._time_limit_s + file.size_bytes / _MIN_READ_BYTES_PER_S
        try:
            return self._exchange(process, file, request)
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            # The answer is incomplete or invalid: the process has died or can no longer be trusted.
            code = _exit_code(process)
            self._end_process()
        finally:
            with self._lock:
                self._taken_s = None
        if self._timed_out:
            doing = "read" if self._is_reading else "decode"
            return Undecodable(file, f"took longer than {self._may_take_s:g} seconds to {doing}", self._is_reading)
        if code in _KILLED_EXIT_CODES:
            return Undecodable(file, "the decoder was killed, possibly because memory ran out", retry=True)
        return Undecodable(file, f"the decoder crashed (exit code {code})", retry=False)

    def _start_decoding(self) -> None:
        """Start the time limit for decoding, now that the file has been read."""
        with self._lock:
            self._taken_s, self._may_take_s, self._is_reading = 0.0, self._time_limit_s, False

    def _exchange(self, process: "subprocess.Popen[bytes]", file: ScannedFile, request: Request) -> Outcome:
        assert process.stdin
        assert process.stdout
        write_request(process.stdin, request)  # type: ignore[arg-type]
        answer = read_answer(process.stdout, request, self._start_decoding)  # type: ignore[arg-type]
        if isinstance(answer, Refusal):
            return Undecodable(file, answer.reason, answer.retry)
        if answer.text is not None:
            return TextRead(file, answer.content_hash, answer.text)
        if request.task == "facts":
            return FactsRead(file, answer.facts, answer.read_s)
        if answer.pixels is None:
            return Hashed(file, answer.content_hash, answer.facts, answer.read_s)
        return Decoded(
            file, answer.content_hash, answer.facts, answer.pixels, answer.read_s, answer.decode_s, answer.whole
        )

    def _end_process(self) -> None:
        """Kill the process, if there is one, and close its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


def _exit_code(process: "subprocess.Popen[bytes]") -> int | None:
    """Return the exit code of a process that stopped answering, or None if it is still running."""
    try:
        return process.wait(_EXIT_WAIT_S)
    except subprocess.TimeoutExpired:
        return None
