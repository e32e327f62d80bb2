"""One photo: its facts, thumbnail and original."""

import dataclasses
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.show import known_photo
from mcsearch.ops.showing.thumbnails import NoThumbnailError, Picture
from mcsearch.web import schemas
from mcsearch.web.answers import FOR_EVER, Refusal, is_known, json_answer
from mcsearch.web.files.originals import indexed_files, open_original, original_answer
from mcsearch.web.service import PhotoId, Service, content_of

# Thumbnails that are waited for at once; others wait for their turn, so that threads are left for originals.
_WAITING = 24
SIZES = (256, 512, 1024, 2048)


def photo_routes(service: Service) -> APIRouter:
    """Return the routes of a photo."""
    routes = APIRouter(tags=["photos"])
    waiting = CapacityLimiter(_WAITING)

    @routes.get("/photos/{photo}", response_model=schemas.PhotoFields)
    async def facts(request: Request, photo: PhotoId) -> Response:
        """Tell everything known about a photo."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            library = opened.file
            content_id = content_of(library, photo)
            try:
                path, file = open_original(indexed_files(library, content_id))
                file.close()
                present = True
            except Refusal:
                path, present = library.browsing.files(content_id)[0][0], False
            known = known_photo(opened, path)
            if known is None:
                raise Refusal("not_found", "There is no such photo in the library.")
            place = None if known.place is None else str(known.place)
            return {"id": photo, "present": present, **dataclasses.asdict(known), "place": place}

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/photos/{photo}/thumbnail", response_class=_WebP)
    async def thumbnail(
        request: Request, photo: PhotoId, size: Annotated[int, Query(description="The longer side.")] = SIZES[0]
    ) -> Response:
        """Show a photo as a small WebP picture: upright, in sRGB, without metadata."""
        if size not in SIZES:
            raise Refusal("usage", f"{size} is not a size of thumbnails. The sizes are {', '.join(map(str, SIZES))}.")
        headers = {"ETag": f'"{photo}-{size}"', "Cache-Control": FOR_EVER}
        picture = Picture("", bytes.fromhex(photo))
        if service.thumbnails.kept(picture, size) is None:
            picture = await service.readers.ask(lambda opened: _picture(opened.file, photo))
        else:
            await service.readers.ask(lambda opened: content_of(opened.file, photo))
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        try:
            webp = await to_thread.run_sync(service.thumbnails.thumbnail, picture, size, limiter=waiting)
        except NoThumbnailError as error:
            raise Refusal("unreadable", str(error)) from None
        return _WebP(webp, headers=headers)

    @routes.get("/photos/{photo}/original", response_class=_Original)
    async def original(request: Request, photo: PhotoId, download: bool = False) -> Response:
        """Give the file itself, or a range of it."""

        def job(opened: OpenLibrary) -> tuple[Any, ...]:
            library = opened.file
            content_id = content_of(library, photo)
            path, file = open_original(indexed_files(library, content_id))
            known = library.facts.of_photo(path)
            return path, file, None if known is None else known.format

        path, file, format_ = await service.readers.ask(job)
        return original_answer(request, path, file, format_, f'"{photo}"', download=download)

    return routes


class _WebP(Response):
    media_type = "image/webp"


class _Original(Response):
    media_type = "application/octet-stream"


def _picture(library: LibraryFile, photo: str) -> Picture:
    """Return the photo to make a thumbnail of: a file in an indexed folder that is as it was indexed."""
    path, file = open_original(indexed_files(library, content_of(library, photo)))
    file.close()
    return Picture(path, bytes.fromhex(photo), library.facts.sidecars(path))
