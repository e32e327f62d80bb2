"""Search: lists of hits in parts, their layout, facets and filters."""

import dataclasses
import urllib.parse
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from mcsearch.errors import NothingIndexedError, UsageError
from mcsearch.library.filtering.filters import FILTERS
from mcsearch.ops.browsing.facets import count_facets
from mcsearch.ops.browsing.hit_lists import HitList, ShownHit, hit_list, shown_hits, whole_list
from mcsearch.ops.browsing.questions import Question, terms_of
from mcsearch.ops.find import searched_words
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.web import schemas
from mcsearch.web.answers import json_answer
from mcsearch.web.parameters import Filters, Layout, Search, Similar, wanted_filters, weighted_picture
from mcsearch.web.service import PhotoId, Service, content_of

_NOTHING = {"total": 0, "offset": 0, "hits": [], "cursor": "", "next": None, "model": None, "partial": False}


def search_routes(service: Service) -> APIRouter:
    """Return the routes of a search."""
    routes = APIRouter(tags=["search"])

    @routes.get("/search", response_model=schemas.Hits)
    async def search(request: Request, parameters: Annotated[Search, Query()]) -> Response:
        """Find photos by words, by pictures and by filters."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            try:
                opened.models.to_ask()
            except NothingIndexedError:
                return {**_NOTHING, "offset": parameters.offset}
            return _part(service, opened, request, parameters, None)

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/photos/{photo}/similar", response_model=schemas.Hits)
    async def similar(request: Request, photo: PhotoId, parameters: Annotated[Similar, Query()]) -> Response:
        """Find photos like this one, which itself is left out."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            content_of(opened.file, photo)
            return _part(service, opened, request, parameters, photo)

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/search/layout", response_model=schemas.Layout)
    async def layout(request: Request, parameters: Annotated[Layout, Query()]) -> Response:
        """Tell the shape and the month of every hit, to lay out a grid."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            try:
                opened.models.to_ask()
            except NothingIndexedError:
                return {"total": 0, "cursor": "", "ratios": [], "months": []}
            cursor, found = _found(service, opened, parameters, None)
            found = whole_list(opened, found)
            service.remembered.lists.put(found, cursor)
            ratios, months = opened.file.browsing.layout(found.ids)
            best_first = found.question.terms or searched_words(found.question.filters)
            sort = found.question.sort or ("score" if best_first else "date")
            changes = [(month, place) for place, month in enumerate(months) if not place or months[place - 1] != month]
            by_date = changes if sort == "date" else []
            return {"total": found.total, "cursor": cursor, "ratios": ratios.tolist(), "months": by_date}

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/facets", response_model=schemas.FacetFields)
    async def facets(request: Request, parameters: Annotated[Filters, Query()]) -> Response:
        """Count the photos that pass filters by year, place, camera, format, tag and folder."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            try:
                opened.models.to_ask()
            except NothingIndexedError:
                nothing: dict[str, Any] = {name: [] for name in schemas.FacetFields.model_fields}
                return {**nothing, "photos": 0, "undated": 0}
            wanted = wanted_filters(opened.file, parameters)
            key = ("facets", _key(wanted), opened.models.to_ask().record)
            counted: dict[str, Any] = service.remembered.answers.get(
                key, lambda: dataclasses.asdict(count_facets(opened, wanted))
            )
            return counted

        return json_answer(request, await service.readers.ask(job))

    @routes.get("/filters", response_model=schemas.Filters)
    async def filters(request: Request) -> Response:
        """List the filters."""
        listed = [{"name": one.key, "metavar": one.metavar, "help": one.help} for one in FILTERS]
        return json_answer(request, {"filters": listed})

    return routes


def _part(
    service: Service, opened: OpenLibrary, request: Request, parameters: BaseModel, like: str | None
) -> dict[str, Any]:
    """Return the part of a list of hits that is asked for, as an answer."""
    asked: Any = parameters
    cursor, found = _found(service, opened, parameters, like)
    end = asked.offset + asked.limit
    if end > len(found.ids) and len(found.ids) < found.total:
        found = whole_list(opened, found)
        service.remembered.lists.put(found, cursor)
    hits = shown_hits(opened, found, found.ids[asked.offset : end])
    following = None
    if end < found.total:
        pairs = [
            (name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "offset")
        ]
        pairs += [("cursor", cursor), ("offset", str(end))]
        following = f"{request.url.path}?{urllib.parse.urlencode(pairs)}"
    return {
        "total": found.total, "offset": asked.offset, "hits": [_fields(hit) for hit in hits], "cursor": cursor,
        "next": following, "model": opened.models.to_ask().name, "partial": found.partial,
    }  # fmt: skip


def _found(service: Service, opened: OpenLibrary, parameters: BaseModel, like: str | None) -> tuple[str, HitList]:
    """Return the list that the parameters ask for, with its cursor: a kept one if its cursor is given."""
    remembered, asked = service.remembered, parameters.model_dump()
    cursor = asked.pop("cursor")
    question = _question(service, opened, asked, wanted_filters(opened.file, parameters), like)
    if (kept := remembered.lists.get(cursor)) is not None and _same(kept.question, question):
        return cursor, kept
    key = (opened.models.to_ask().record, _key(asked), like)
    cursor = remembered.cursors.get(
        (*key, None), lambda: remembered.lists.put(hit_list(opened, question, remembered.lookups))
    )
    kept = remembered.lists.get(cursor)
    if kept is None:
        kept = hit_list(opened, question, remembered.lookups)
        remembered.lists.put(kept, cursor)
    return cursor, kept


def _question(
    service: Service, opened: OpenLibrary, asked: Mapping[str, Any], wanted: Any, like: str | None
) -> Question:
    like_this = [(1.0, like)] if like is not None else list(map(weighted_picture, asked["like"]))
    against = list(map(weighted_picture, asked["not_like"]))
    pictures = {picture: _vector(service, opened, picture) for _, picture in (*like_this, *against)}
    return Question(
        terms_of(asked.get("q", ""), like_this, asked.get("not", ()), against), pictures, wanted, asked["sort"],
        asked["min_score"], asked["relevant"], asked["collapse"],
        frozenset() if like is None else frozenset({content_of(opened.file, like)}),
    )  # fmt: skip


def _vector(service: Service, opened: OpenLibrary, picture: str) -> Any:
    library, model = opened.file, opened.models.to_ask()
    if picture.startswith("upload-"):
        return service.uploads.get(picture, model)
    vector = library.embeddings.of_contents(model.record, [content_of(library, picture)])[0]
    if not vector.any():
        raise UsageError(f"{model.name} has not embedded the photo {picture}.")
    return vector


def _same(kept: Question, asked: Question) -> bool:
    return dataclasses.replace(kept, pictures={}) == dataclasses.replace(asked, pictures={})


def _key(asked: Mapping[str, Any]) -> tuple[Any, ...]:
    left_out = ("limit", "offset")
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(asked.items())
        if name not in left_out
    )


def _fields(shown: ShownHit) -> dict[str, Any]:
    hit, content = shown.hit, shown.content
    return {
        "id": content.content_hash.hex(), "path": hit.path, "score": hit.score, "taken_at": hit.taken_at,
        "taken_from": hit.taken_from, "relevance": hit.relevance, "relevant": hit.is_relevant,
        "stands_for": hit.stands_for, "missing": hit.missing, "width": content.width, "height": content.height,
        "format": content.format, "latitude": content.latitude, "longitude": content.longitude, "place": hit.place,
        "texts": [dataclasses.asdict(one) for one in hit.texts],
    }  # fmt: skip
