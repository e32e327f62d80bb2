"""The process of a job: reads the job from stdin, and writes its progress and its result to stdout as lines of JSON.

It stops, as after Ctrl-C, when stdin ends: the server has asked for that, or is gone.
"""

import dataclasses
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcsearch.errors import Interrupted, McsearchError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.dupes import find_duplicates
from mcsearch.ops.index import index_paths
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.output.lines import as_json

_EVERY_S = 0.1


def main() -> None:
    """Do the job that the first line of stdin describes."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # keeps anything a library prints out of the answers
    job = json.loads(sys.stdin.buffer.readline())

    def write(**fields: Any) -> None:
        answers.write(as_json(fields) + b"\n")
        answers.flush()

    try:
        threading.Thread(target=_stop_at_the_end_of_stdin, daemon=True).start()
        _do(job, _Reporter(write), write)
    except (KeyboardInterrupt, Interrupted):
        write(stopped=True)
    except McsearchError as error:
        write(error=str(error), hint=error.hint, kind=type(error).__name__)
    answers.flush()
    os._exit(0)  # shutting down torch takes a second


class _Reporter:
    """A progress callback that reports at most ten times a second."""

    def __init__(self, write: Any) -> None:
        self._write, self._stage, self._at = write, "", 0.0

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._at >= _EVERY_S or done == total:
            self._stage, self._at = stage, now
            self._write(stage=stage, done=done, total=total)


def _do(job: Mapping[str, Any], progress: _Reporter, write: Any) -> None:
    cache = None if job["cache"] is None else Path(job["cache"])
    with OpenLibrary(LibraryFile(Path(job["library"]), create=False, cache=cache)) as opened:
        if job["kind"] == "index":
            report = index_paths(opened, job["roots"], progress=progress)
            write(report={**dataclasses.asdict(report), "photos_per_second": report.photos_per_second})
        else:
            groups = find_duplicates(opened, similar=job["similar"], progress=progress)
            for group in groups:
                write(group=dataclasses.asdict(group))
            write(report={"groups": len(groups)})


def _stop_at_the_end_of_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # a signal also ends a wait of the main thread
    else:
        import _thread

        _thread.interrupt_main()


if __name__ == "__main__":
    main()
