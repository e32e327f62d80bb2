"""The jobs of a server: started one of a kind at a time, followed by their events, stopped on demand."""

import asyncio
import contextlib
import datetime
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mcsearch.web.answers import Refusal

Kind = Literal["index", "duplicates"]

_KEPT = 50
_LINE_BYTES_AT_MOST = 1 << 24
_EVENT_EVERY_S = 0.2
_QUIET_S = 15.0
_STOP_S = 20.0
_CODES = {"UsageError": "usage", "LibraryError": "library", "LibraryBusyError": "busy", "ModelError": "model"}


@dataclass
class Job:
    """A job as it is now. `groups` are those that a search for duplicates has found."""

    job: str
    kind: Kind
    started_at: str
    state: Literal["running", "done", "stopped", "failed"] = "running"
    stage: str | None = None
    done: int = 0
    total: int | None = None
    finished_at: str | None = None
    report: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    groups: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def fields(self) -> dict[str, Any]:
        """Return the job as it stands in an answer."""
        names = ("job", "kind", "state", "stage", "done", "total", "started_at", "finished_at", "report", "error")
        return {name: getattr(self, name) for name in names}


class Jobs:
    """The last jobs by id. It belongs to the event loop of the server."""

    def __init__(self, file: Path, cache: Path | None, on_change: Callable[[], None] = lambda: None) -> None:
        self._file, self._cache, self._on_change = file, cache, on_change
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def listed(self) -> list[Job]:
        """Return all jobs that are kept, the latest first."""
        return list(reversed(self._jobs.values()))

    def get(self, job: str) -> Job:
        """Return a job. Raises Refusal if there is none with this id."""
        if job not in self._jobs:
            raise Refusal("not_found", "There is no such job.")
        return self._jobs[job]

    def latest(self, kind: Kind) -> Job | None:
        """Return the latest job of a kind that is done."""
        return next((job for job in self.listed() if job.kind == kind and job.state == "done"), None)

    async def start(self, kind: Kind, *, roots: list[str] | None = None, similar: float | None = None) -> Job:
        """Start a job and return it. Raises Refusal if one of its kind is running."""
        if any(job.kind == kind and job.state == "running" for job in self._jobs.values()):
            raise Refusal("busy", "A job of this kind is running.")
        job = Job(secrets.token_hex(8), kind, _now())
        self._jobs[job.job] = job
        for old in list(self._jobs.values())[:-_KEPT]:
            if old.state != "running":
                del self._jobs[old.job]
        modules = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        asked = {
            "kind": kind, "library": str(self._file), "cache": None if self._cache is None else str(self._cache),
            "roots": roots or [], "similar": similar,
        }  # fmt: skip
        try:
            job.process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "mcsearch.web.jobs.process", stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": modules}, limit=_LINE_BYTES_AT_MOST,
                start_new_session=os.name == "posix",
            )  # fmt: skip
        except OSError as error:
            self._end(
                job, "failed", error={"code": "overload", "message": f"The job cannot start: {error}.", "hint": ""}
            )
            return job
        assert job.process.stdin is not None
        with contextlib.suppress(ConnectionError):
            job.process.stdin.write(json.dumps(asked).encode() + b"\n")
            await job.process.stdin.drain()
        task = asyncio.create_task(self._follow(job, job.process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    async def stop(self, job: Job) -> None:
        """Stop a job, and wait until it has stored what is finished."""
        if job.process is None or job.state != "running":
            return
        assert job.process.stdin is not None
        job.process.stdin.close()
        try:
            await asyncio.wait_for(job.is_over.wait(), _STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                job.process.kill()
            await job.is_over.wait()

    async def close(self) -> None:
        """Stop all jobs."""
        await asyncio.gather(*(self.stop(job) for job in self._jobs.values()))

    async def events(self, job: Job) -> AsyncIterator[tuple[str, dict[str, Any]] | None]:
        """Yield the state and the fields of a job whenever it changes, and None when it has been quiet for a while."""
        while True:
            changed = job.changed
            yield job.state, job.fields()
            if job.state != "running":
                return
            await asyncio.sleep(_EVENT_EVERY_S)
            while True:
                try:
                    await asyncio.wait_for(changed.wait(), _QUIET_S)
                    break
                except TimeoutError:
                    yield None

    async def _follow(self, job: Job, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        state: Literal["done", "stopped", "failed"] = "failed"
        error: dict[str, str] | None = None
        with contextlib.suppress(ValueError):  # a line that is too long, or is not JSON: the process has gone wrong
            while line := await process.stdout.readline():
                fields = json.loads(line)
                if "stage" in fields:
                    job.stage, job.done, job.total = fields["stage"], fields["done"], fields["total"]
                elif "group" in fields:
                    job.groups.append(fields["group"])
                elif "report" in fields:
                    job.report, state = fields["report"], "done"
                elif "stopped" in fields:
                    state = "stopped"
                elif "error" in fields:
                    code = _CODES.get(fields["kind"], "usage")
                    error = {"code": code, "message": fields["error"], "hint": fields["hint"]}
                _tell(job)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        code_number = await process.wait()
        if state == "failed" and error is None:
            error = {
                "code": "internal",
                "message": f"The job ended unexpectedly (exit code {code_number}).",
                "hint": "",
            }
        self._end(job, state, error)

    def _end(self, job: Job, state: Literal["done", "stopped", "failed"], error: dict[str, str] | None = None) -> None:
        job.state, job.error, job.finished_at = state, error, _now()
        _tell(job)
        job.is_over.set()
        self._on_change()


def _tell(job: Job) -> None:
    """Wake all who wait for the next change of a job."""
    changed, job.changed = job.changed, asyncio.Event()
    changed.set()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
