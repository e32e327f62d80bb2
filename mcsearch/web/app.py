"""The server's application: the routes, behind the checks that every request passes."""

import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from mcsearch import __version__
from mcsearch.errors import McsearchError
from mcsearch.web.answers import Refusal
from mcsearch.web.guard import Access, Guard
from mcsearch.web.limits import Limits
from mcsearch.web.page_files import PageFiles

_CODES = {404: "not_found", 405: "method"}


def make_app(access: Access) -> ASGIApp:
    """Return the ASGI application of a server."""
    api = FastAPI(title="mcsearch", version=__version__, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    _answer_errors(api)
    page = PageFiles()

    @api.get("/{path:path}", include_in_schema=False)
    async def page_file(request: Request) -> Response:
        return page.answer(request, request.url.path)

    return Guard(Limits(api), access)


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
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("query", "body", "path"))
        return Refusal("usage", f"{place or 'The body'}: {first['msg']}.").answer()

    @api.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, Refusal):  # raised while the body was read
            return error.__cause__.answer()
        code = _CODES.get(error.status_code, "usage")
        sentence = (
            f"{request.method} is not possible here." if code == "method" else "There is nothing at this address."
        )
        return Refusal(code, sentence if code != "usage" else str(error.detail)).answer()

    @api.exception_handler(Exception)
    async def bug(_: Request, error: Exception) -> Response:
        traceback.print_exception(error)
        return Refusal(
            "internal", f"Unexpected error: {type(error).__name__}. The server's terminal shows more."
        ).answer()
