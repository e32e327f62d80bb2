"""Pictures that go in and out: uploads to search by, and zips of originals."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from mcsearch.ops.open_library import OpenLibrary
from mcsearch.web import schemas
from mcsearch.web.answers import Refusal, json_answer
from mcsearch.web.files.downloads import zipped
from mcsearch.web.files.originals import indexed_files
from mcsearch.web.service import Service, content_of

_ANY_PICTURE = {"requestBody": {"required": True, "content": {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("application/octet-stream", "image/*")
}}}  # fmt: skip


def picture_routes(service: Service) -> APIRouter:
    """Return the routes of uploads and downloads."""
    routes = APIRouter(tags=["pictures"])

    @routes.post("/uploads", status_code=201, response_model=schemas.Upload, openapi_extra=_ANY_PICTURE)
    async def upload(request: Request) -> Response:
        """Take a picture to search by."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/octet-stream" and not kind.startswith("image/"):
            raise Refusal("media_type", "Send a picture, with its type as Content-Type, such as image/jpeg.")
        picture = await request.body()
        if not picture:
            raise Refusal("usage", "The picture is empty.")

        model = await service.readers.ask(lambda opened: opened.models.to_ask())
        upload = await run_in_threadpool(service.uploads.add, picture, model, service.towers)
        return json_answer(request, {"id": upload}, 201)

    @routes.post("/downloads", status_code=201, response_model=schemas.DownloadFields)
    async def choose(request: Request, body: schemas.DownloadBody) -> Response:
        """Choose photos to fetch as a zip."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            library = opened.file
            contents = tuple(dict.fromkeys(content_of(library, photo) for photo in body.ids))
            size = sum(library.browsing.files(content_id)[0][1] for content_id in contents)
            name = service.downloads.add(contents)
            return {"url": f"/api/v1/downloads/{name}", "photos": len(contents), "size_bytes": size}

        return json_answer(request, await service.readers.ask(job), 201)

    @routes.get("/downloads/{download}", response_class=_Zip)
    async def fetch(download: str) -> Response:
        """Give the originals as a zip, as they are read."""
        contents = service.downloads.get(download)
        photos = await service.readers.ask(lambda opened: [indexed_files(opened.file, one) for one in contents])
        headers = {"Content-Disposition": 'attachment; filename="photos.zip"', "Cache-Control": "no-store"}
        return StreamingResponse(zipped(photos), headers=headers, media_type=_Zip.media_type)

    return routes


class _Zip(Response):
    media_type = "application/zip"
