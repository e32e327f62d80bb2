"""Tags: all labels with counts, labels given and taken by hand, and labels that learn."""

import dataclasses
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.tag import count_tags, tag_by_hand
from mcsearch.ops.teaching.teaching import teach_label
from mcsearch.web import schemas
from mcsearch.web.answers import json_answer
from mcsearch.web.service import Service, content_of


def tag_routes(service: Service) -> APIRouter:
    """Return the routes of tags."""
    routes = APIRouter(tags=["tags"])

    @routes.get("/tags", response_model=schemas.Tags)
    async def listed(request: Request) -> Response:
        """Count the photos that carry each label."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            return {"tags": [dataclasses.asdict(count) for count in count_tags(opened)]}

        return json_answer(request, await service.readers.ask(job))

    @routes.post("/tags", response_model=schemas.Tagged)
    async def give_and_take(request: Request, body: schemas.TagBody) -> Response:
        """Add labels to photos by hand, and remove labels."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            library = opened.file
            paths = {
                path: photo for photo in body.ids for path, _, _ in library.browsing.files(content_of(library, photo))
            }
            tags: dict[str, list[Any]] = {}
            report = tag_by_hand(
                opened, list(paths), give=body.give, take=body.take,
                on_photo=lambda one: tags.update({paths[one.path]: [dataclasses.asdict(tag) for tag in one.tags]}),
            )  # fmt: skip
            return {"photos": report.photos, "tags": tags}

        answer = await service.readers.ask(job)
        service.remembered.forget()
        return json_answer(request, answer)

    @routes.post("/taught", response_model=schemas.Taught)
    async def teach(request: Request, body: schemas.TeachBody) -> Response:
        """Teach a label by photos that show it and photos that do not, and tag all photos with it."""

        def job(opened: OpenLibrary) -> dict[str, Any]:
            library = opened.file
            yes, no = (
                [library.browsing.files(content_of(library, photo))[0][0] for photo in photos]
                for photos in (body.yes, body.no)
            )
            return dataclasses.asdict(teach_label(opened, body.label, yes=yes, no=no))

        answer = await service.readers.ask(job)
        service.remembered.forget()
        return json_answer(request, answer)

    return routes
