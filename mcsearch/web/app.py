"""The server's application: the routes, behind the checks that every request passes."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from mcsearch import __version__
from mcsearch.error_log import sentence_about
from mcsearch.errors import McsearchError
from mcsearch.library.placing.nearest import nearest_towns
from mcsearch.models.prompts import BACKGROUND
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.web.answers import Refusal, json_answer
from mcsearch.web.description import describe
from mcsearch.web.files.page_files import PageFiles
from mcsearch.web.known_parameters import check_parameters
from mcsearch.web.listening.guard import Access, Guard
from mcsearch.web.listening.limits import Bounds, Limits
from mcsearch.web.listening.prompt_server import listening
from mcsearch.web.routes.albums import album_routes
from mcsearch.web.routes.library import library_routes
from mcsearch.web.routes.photos import photo_routes
from mcsearch.web.routes.pictures import picture_routes
from mcsearch.web.routes.search import search_routes
from mcsearch.web.routes.tags import tag_routes
from mcsearch.web.service import Service
from mcsearch.web.wrong_values import NO_JSON
from mcsearch.web.wrong_values import sentence_about as sentence_about_value

_CODES = {404: "not_found", 405: "method"}


def make_app(service: Service, access: Access, bounds: Bounds) -> ASGIApp:
    """Return the ASGI application of a server. It closes the service when it ends."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm(service))
        try:
            async with listening(service):
                yield
        finally:
            warming.cancel()
            await service.jobs.close()
            service.close()

    api = FastAPI(
        title="mcsearch", version=__version__, openapi_url=None, docs_url=None, redoc_url=None,
        lifespan=lifespan, generate_unique_id_function=lambda route: route.name,
        responses={"default": {"description": "Why the request failed."}},
    )  # fmt: skip
    _answer_errors(api)
    for routes in (search_routes, photo_routes, tag_routes, album_routes, picture_routes, library_routes):
        api.include_router(routes(service), prefix="/api/v1", dependencies=[Depends(check_parameters)])
    page = PageFiles()

    @api.get("/api/openapi.json", include_in_schema=False)
    async def description(request: Request) -> Response:
        return json_answer(request, describe(api))

    @api.get("/{path:path}", include_in_schema=False)
    async def page_file(request: Request) -> Response:
        return page.answer(request, request.url.path)

    return Guard(Limits(api, bounds), access)


async def _warm(service: Service) -> None:
    """Load the text tower and the gazetteer, so that the first answer need not wait for them."""

    def job(opened: OpenLibrary) -> None:
        opened.models.to_ask().encode_prompts(BACKGROUND)

    with contextlib.suppress(McsearchError, Refusal):
        await service.readers.ask(job)
    await asyncio.to_thread(nearest_towns, [(0.0, 0.0)])


def _answer_errors(api: FastAPI) -> None:
    """Give every error the one shape of errors."""

    @api.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> Response:
        return refusal.answer()

    @api.exception_handler(McsearchError)
    async def user_error(_: Request, error: McsearchError) -> Response:
        return Refusal.of(error).answer()

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return Refusal("usage", sentence_about_value(error.errors()[0])).answer()

    @api.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, Refusal):  # raised while the body was read
            return error.__cause__.answer()
        code = _CODES.get(error.status_code, "usage")
        sentence = (
            f"{request.method} is not possible here." if code == "method" else "There is nothing at this address."
        )
        return Refusal(code, sentence if code != "usage" else NO_JSON).answer()

    @api.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> Response:
        sys.stderr.write(f"mcsearch: {sentence_about(error)}\n")
        sentence = f"Error in mcsearch itself: {type(error).__name__}. The server's terminal names a file with more."
        return Refusal("internal", sentence).answer()
