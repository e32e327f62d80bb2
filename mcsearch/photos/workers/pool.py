"""The pool of decode workers, each a thread with its own process, so that no file can stop a run.

The thread sends a request, waits for the answer and delivers an outcome. A process that takes too long is killed, and
a process that dies is replaced. Either counts as a failure of that file, marked for a retry if the file may be intact.
"""

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mcsearch.photos.content_hash import as_turned
from mcsearch.photos.workers.checks import UntrustworthyError, read_answer
from mcsearch.photos.workers.clock import Clock, decoding_limit_s
from mcsearch.photos.workers.handing import CAN_HAND_OVER, Handed, Opener
from mcsearch.photos.workers.memory import Shares, default_megapixels, shares, shares_to_read
from mcsearch.photos.workers.outcomes import Decoded, FactsRead, Hashed, Outcome, TextRead, Undecodable
from mcsearch.photos.workers.protocol import Refusal, Request, Task
from mcsearch.photos.workers.running import KILLED_EXIT_CODES, WorkerProcess
from mcsearch.photos.workers.turns import Turns
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

TIME_LIMIT_S = 60.0
_TICK_S = 0.25


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

    `whole_side` is the side in pixels of the whole pictures to deliver besides the framed ones; 0 for none. There are
    fewer processes if memory is too small for as many, and pictures of more than `max_megapixels` (default: by the
    machine's memory) are not decoded. `memory` is their memory, by default what decoding takes.
    """

    def __init__(
        self,
        count: int,
        framing: Framing,
        deliver: Callable[[Outcome], None],
        time_limit_s: float = TIME_LIMIT_S,
        *,
        whole_side: int = 0,
        max_megapixels: int | None = None,
        memory: Shares | None = None,
    ) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._framing, self._whole_side = framing, whole_side
        self._max_megapixels = max_megapixels or default_megapixels()
        self._closing = threading.Event()
        memory, turns = memory or shares(count), Turns()
        self._workers = [_Worker(self._jobs, deliver, time_limit_s, memory, turns) for _ in range(memory.workers)]
        for worker in self._workers:
            worker.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, file: ScannedFile, task: Task, *, framing: Framing | None = None) -> None:
        """Queue a file. Its outcome is FactsRead, Hashed, Decoded or TextRead, by its task, Undecodable or OSError.

        `framing` replaces the pool's framing for this file.
        """
        request = Request(
            file.path, task, framing or self._framing, tuple(sidecar.path for sidecar in file.sidecars),
            self._whole_side, self._max_megapixels, file.previews,
        )  # fmt: skip
        self._jobs.put((file, request))

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
    for outcome in _work_on_all(files, "decode", framing, shares(count), TIME_LIMIT_S):
        assert isinstance(outcome, Decoded | Undecodable)
        yield outcome


def read_all(
    files: Iterable[ScannedFile], framing: Framing, count: int, time_limit_s: float
) -> Iterator[TextRead | Undecodable]:
    """Read the text in files in `count` processes, as `decode_all` decodes them."""
    for outcome in _work_on_all(files, "text", framing, shares_to_read(count), time_limit_s):
        assert isinstance(outcome, TextRead | Undecodable)
        yield outcome


def _work_on_all(
    files: Iterable[ScannedFile], task: Task, framing: Framing, memory: Shares, time_limit_s: float
) -> Iterator[Outcome]:
    outcomes: queue.Queue[Outcome] = queue.Queue()
    pool = DecodePool(memory.workers, framing, outcomes.put, time_limit_s, memory=memory)
    in_flight, waiting = 0, iter(files)
    try:
        while True:
            while in_flight < 2 * memory.workers and (file := next(waiting, None)) is not None:
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
        self,
        jobs: "queue.Queue[_Job | None]",
        deliver: Callable[[Outcome], None],
        time_limit_s: float,
        memory: Shares,
        turns: Turns,
    ) -> None:
        super().__init__(daemon=True)
        self._jobs, self._deliver, self._time_limit_s = jobs, deliver, time_limit_s
        self._memory, self._turns = memory, turns
        self._opener = Opener() if CAN_HAND_OVER else None
        self._process: WorkerProcess | None = None
        self._closing = False
        self._clock = Clock(self._kill)

    def run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closing:
            try:
                outcome = self._outcome(*job)
            except OSError as error:
                outcome = error
            if not self._closing:
                self._deliver(outcome)
            if isinstance(outcome, OSError):
                break
        self._end_process()
        if self._opener is not None:
            self._opener.close()

    def tick(self) -> None:
        """Kill the process if its request has taken too long; called every _TICK_S seconds."""
        self._clock.tick(_TICK_S)

    def close(self) -> None:
        """Kill the process and end the thread."""
        self._closing = True
        self._jobs.put(None)
        self._kill()

    def _outcome(self, file: ScannedFile, request: Request) -> Outcome:
        """Return what becomes of a file. Raises OSError if no process can be started."""
        with self._turns.shared():
            outcome = self._ask(file, request, self._memory.each_bytes)
        if not isinstance(outcome, _NeedsMore):
            return outcome
        if self._memory.alone_bytes <= self._memory.each_bytes:
            return outcome.refused
        with self._turns.alone():
            self._end_process()
            outcome = self._ask(file, request, self._memory.alone_bytes)
            self._end_process()
        return outcome.refused if isinstance(outcome, _NeedsMore) else outcome

    def _ask(self, file: ScannedFile, request: Request, memory_bytes: int) -> "Outcome | _NeedsMore":
        process = self._live_process(memory_bytes)
        try:
            handed = self._handed_over(request)
        except OSError as error:
            return Undecodable(file, f"cannot be read ({error.strerror or 'the disk does not answer'})", retry=True)
        self._clock.start_reading(self._time_limit_s)
        try:
            return self._exchange(process, file, handed)
        except (OSError, UntrustworthyError):
            code = process.exit_code()
            self._end_process()
        finally:
            handed.close()
            self._clock.end()
        if self._clock.is_over:
            doing = "read" if self._clock.is_reading else "decode"
            reason = f"took longer than {self._clock.limit_s:g} seconds to {doing}"
            return Undecodable(file, reason, self._clock.is_reading)
        if code in KILLED_EXIT_CODES:
            return Undecodable(file, "the decoder was killed, possibly because memory ran out", retry=True)
        if code is None:
            return Undecodable(file, "the decoder gave an answer that is not valid", retry=False)
        return Undecodable(file, f"the decoder crashed (exit code {code})", retry=False)

    def _exchange(self, process: WorkerProcess, file: ScannedFile, handed: Handed) -> "Outcome | _NeedsMore":
        process.ask(handed)
        decoding_s = decoding_limit_s(file.path, file.size_bytes, self._time_limit_s)
        answer = read_answer(
            process.answers,
            handed.request,
            handed.size_bytes,
            on_more=lambda: self._clock.start_reading(self._time_limit_s),  # the disk is slow, but goes on
            on_read=lambda: self._clock.start_decoding(decoding_s),
        )
        if isinstance(answer, Refusal):
            refused = Undecodable(file, answer.reason, answer.retry)
            return _NeedsMore(refused) if answer.alone else refused
        if answer.text is not None:
            return TextRead(file, as_turned(answer.file_hash, answer.facts.turned), answer.text)
        if handed.request.task == "facts":
            return FactsRead(file, answer.facts, answer.read_s)
        if answer.pixels is None:
            return Hashed(file, answer.file_hash, answer.facts, answer.read_s)
        return Decoded(
            file, answer.file_hash, answer.facts, answer.pixels, answer.read_s, answer.decode_s, answer.whole,
            answer.damage, answer.from_preview,
        )  # fmt: skip

    def _handed_over(self, request: Request) -> Handed:
        """Open the files of a request, within the limit on time. Raises OSError."""
        if self._opener is None:
            return Handed(request, (), os.stat(request.path).st_size)
        try:
            return self._opener.open_files(request, self._time_limit_s)
        except TimeoutError:
            self._opener.close()
            self._opener = Opener()
            raise

    def _live_process(self, memory_bytes: int) -> WorkerProcess:
        """Return a process that takes requests, starting one if necessary. Raises OSError if it cannot be started."""
        if self._process is not None and (self._clock.is_over or not self._process.is_usable):
            self._end_process()
        if self._process is None:
            self._process = process = WorkerProcess(memory_bytes)
            if self._closing:
                self._kill()
            process.wait_until_ready()
        return self._process

    def _kill(self) -> None:
        if (process := self._process) is not None:
            process.kill()

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


@dataclass(frozen=True, slots=True)
class _NeedsMore:
    """A file that a worker may decode if it has the memory of all, and what becomes of it otherwise."""

    refused: Undecodable
