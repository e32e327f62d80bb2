"""The library as a whole: its status, failures, duplicates and jobs."""

import dataclasses
import os
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from mcsearch import __version__
from mcsearch.errors import NothingIndexedError, UsageError
from mcsearch.ops.dupes import find_duplicates
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.output.lines import as_json
from mcsearch.web import schemas
from mcsearch.web.answers import Refusal, json_answer
from mcsearch.web.jobs.jobs import Job
from mcsearch.web.service import Service


def library_routes(service: Service) -> APIRouter:
    """Return the routes of status, failures, duplicates and jobs."""
    routes = APIRouter(tags=["library"])

    @routes.get("/status", response_model=schemas.Status)
    async def status(request: Request) -> Response:
        """Tell what is in the library."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            fields = dataclasses.asdict(opened.file.status())
            roots = [{**root, "present": os.path.isdir(root["path"])} for root in fields["roots"]]
            return {"version": __version__, "empty": not fields["photos"], **fields, "roots": roots}

        running = [job.fields() for job in service.jobs.listed() if job.state == "running"]
        known = await service.readers.ask(lambda opened: service.remembered.answers.get("status", lambda: job(opened)))
        return json_answer(request, {**known, "jobs": running})

    @routes.get("/failures", response_model=schemas.Failures)
    async def failures(request: Request) -> Response:
        """List the files that could not be read."""
        found = await service.readers.ask(lambda opened: opened.file.photos.failures())
        return json_answer(request, {"failures": [dataclasses.asdict(failure) for failure in found]})

    @routes.get("/duplicates", response_model=schemas.Duplicates)
    async def duplicates(
        request: Request,
        exact: bool = False,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        """List groups of duplicates: of equal files, or those that the last job has found."""
        latest = service.jobs.latest("duplicates")
        if not exact and latest is None:
            raise Refusal("not_found", "Duplicates have not been looked for yet. Start a job of kind duplicates.")

        def job(opened: OpenLibrary) -> dict[str, Any]:
            found: Sequence[dict[str, Any]] = () if latest is None else latest.groups
            if exact:
                found = service.remembered.answers.get("exact duplicates", lambda: _exact(opened))
            part = found[offset : offset + limit]
            ids = opened.file.photos.content_hashes([photo["path"] for group in part for photo in group["photos"]])
            groups = [
                {"photos": [{**photo, "id": _hex(ids.get(photo["path"]))} for photo in group["photos"]]}
                for group in part
            ]
            name = None if exact or latest is None else latest.job
            return {"total": len(found), "offset": offset, "groups": groups, "job": name}

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/jobs", response_model=schemas.JobList)
    async def jobs(request: Request) -> Response:
        """List the jobs, the latest first."""
        return json_answer(request, {"jobs": [job.fields() for job in service.jobs.listed()]})

    @routes.post("/jobs", status_code=201, response_model=schemas.JobFields)
    async def start(request: Request, body: schemas.JobBody) -> Response:
        """Start an index run or a search for duplicates."""
        known = await service.readers.ask(lambda opened: opened.file.roots.known())
        if unknown := [root for root in body.roots or () if root not in known]:
            raise UsageError(f"{unknown[0]!r} is not an indexed folder.", hint="To add a folder: mcsearch index FOLDER")
        job = await service.jobs.start(body.kind, roots=body.roots, similar=body.similar)
        return json_answer(request, job.fields(), 201)

    @routes.get("/jobs/{job}", response_model=schemas.JobFields)
    async def one_job(request: Request, job: str) -> Response:
        """Tell the state of a job."""
        return json_answer(request, service.jobs.get(job).fields())

    @routes.delete("/jobs/{job}", response_model=schemas.JobFields)
    async def stop(request: Request, job: str) -> Response:
        """Stop a job. What is finished is kept."""
        found = service.jobs.get(job)
        await service.jobs.stop(found)
        return json_answer(request, found.fields())

    @routes.get("/jobs/{job}/events", response_class=_Events)
    async def events(job: str) -> Response:
        """Follow a job by server-sent events."""
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(_lines(service, service.jobs.get(job)), headers=headers, media_type=_Events.media_type)

    return routes


class _Events(Response):
    media_type = "text/event-stream"


async def _lines(service: Service, job: Job) -> AsyncIterator[bytes]:
    async for event in service.jobs.events(job):
        if event is None:
            yield b": still here\n\n"
        else:
            state, fields = event
            yield f"event: {state}\ndata: ".encode() + as_json(fields) + b"\n\n"


def _exact(opened: OpenLibrary) -> list[dict[str, Any]]:
    try:
        return [dataclasses.asdict(group) for group in find_duplicates(opened, exact=True)]
    except NothingIndexedError:
        return []


def _hex(content_hash: bytes | None) -> str | None:
    return None if content_hash is None else content_hash.hex()
