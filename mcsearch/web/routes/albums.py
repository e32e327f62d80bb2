"""Albums: searches saved by name, given and taken as the parameters of a search."""

import urllib.parse
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from mcsearch.ops.finding.albums import delete_album, list_albums, save_album
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records.answers import Album
from mcsearch.web import schemas
from mcsearch.web.answers import Refusal, json_answer
from mcsearch.web.parameters import Layout, wanted_filters, weighted_picture
from mcsearch.web.service import Service, content_of
from mcsearch.web.wrong_values import sentence_about

_FIELDS_AT_MOST = 500


def album_routes(service: Service) -> APIRouter:
    """Return the routes of albums."""
    routes = APIRouter(tags=["albums"])

    @routes.get("/albums", response_model=schemas.Albums)
    async def albums(request: Request) -> Response:
        """List the albums."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            return {"albums": [_fields(opened, album) for album in list_albums(opened)]}

        return json_answer(request, await service.readers.ask(job))

    @routes.post("/albums", status_code=201, response_model=schemas.AlbumFields)
    async def save(request: Request, body: schemas.AlbumBody) -> Response:
        """Save a search by name."""
        asked: Any = _parameters(body.search)

        def job(opened: OpenLibrary) -> dict[str, Any]:
            query = asked.model_dump()
            album = save_album(
                opened, body.name, asked.q, like=_paths(opened, asked.like), not_text=query["not"],
                not_like=_paths(opened, asked.not_like), filters=wanted_filters(opened.file, asked),
                min_score=asked.min_score, relevant=asked.relevant, collapse=asked.collapse, sort=asked.sort,
                replace=body.replace,
            )  # fmt: skip
            return _fields(opened, album)

        return json_answer(request, await service.readers.ask(job), 201)

    @routes.delete("/albums/{name:path}", response_model=schemas.Albums)
    async def delete(request: Request, name: str) -> Response:
        """Delete an album, but none of its photos; the answer lists the others."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            if opened.file.albums.find(name) is None:
                raise Refusal("not_found", "There is no such album.")
            delete_album(opened, name)
            return {"albums": [_fields(opened, album) for album in list_albums(opened)]}

        return json_answer(request, await service.readers.ask(job))

    return routes


def _parameters(search: str) -> BaseModel:
    """Return the parameters of a search from the query of its address. Raises Refusal."""
    try:
        given = urllib.parse.parse_qs(search.removeprefix("?"), max_num_fields=_FIELDS_AT_MOST, errors="replace")
        lists = {name for name, field in Layout.model_fields.items() if field.annotation == list[str]}
        asked: BaseModel = Layout.model_validate(
            {name: values if name in lists else values[-1] for name, values in given.items()}
        )
    except ValidationError as error:
        raise Refusal("usage", sentence_about(error.errors()[0])) from None
    except ValueError as error:
        raise Refusal("usage", f"search: {error}.") from None
    return asked


def _paths(opened: OpenLibrary, pictures: Sequence[str]) -> list[str]:
    """Return photos given by id, with weights, as an album keeps them: by path."""
    paths = []
    for weight, photo in map(weighted_picture, pictures):
        if photo.startswith("upload-"):
            raise Refusal("usage", "An uploaded picture is not kept, so an album cannot ask for it.")
        path = opened.file.browsing.files(content_of(opened.file, photo))[0][0]
        paths.append(f"{weight:g}:{path}")
    return paths


def _fields(opened: OpenLibrary, album: Album) -> dict[str, Any]:
    """Return an album as it stands in an answer; photos that are no longer in the library are left out."""
    pairs: list[tuple[str, Any]] = [("q", album.query)] if album.query else []
    for name, photos in (("like", album.like), ("not_like", album.not_like)):
        for written in photos:
            weight, colon, path = written.partition(":")
            if not (colon and weight.replace(".", "", 1).isdigit()):
                weight, path = "1", written
            if found := opened.file.photos.content_hashes([path]):
                pairs.append((name, f"{weight}:{found[path].hex()}"))
    pairs += [("not", text) for text in album.not_text]
    for name, value in album.filters.items():
        values = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, "true" if one is True else one) for one in values]
    choices = {"sort": album.sort, "min_score": album.min_score, "relevant": album.relevant, "collapse": album.collapse}
    pairs += [(name, "true" if value is True else value) for name, value in choices.items() if value]
    return {"name": album.name, "search": urllib.parse.urlencode(pairs, errors="replace"), "saved_at": album.saved_at}
