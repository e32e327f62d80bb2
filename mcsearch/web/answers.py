"""Answers as bytes: JSON with an ETag, compressed where that pays, and the one shape of errors."""

import gzip
from collections.abc import Mapping
from typing import Any

from blake3 import blake3
from starlette.requests import Request
from starlette.responses import Response

from mcsearch.errors import LibraryBusyError, LibraryError, McsearchError, ModelError, NothingIndexedError, UsageError
from mcsearch.output.lines import as_json

# For each code of an error, the HTTP status that goes with it.
STATUSES = {
    "usage": 400, "token": 401, "cross_site": 403, "not_found": 404, "away": 404, "unreadable": 404, "method": 405,
    "timeout": 408, "busy": 409, "too_large": 413, "media_type": 415, "host": 421, "library": 500, "internal": 500,
    "model": 503, "overload": 503,
}  # fmt: skip
_KINDS = (
    (LibraryBusyError, "busy"), (LibraryError, "library"), (ModelError, "model"), (UsageError, "usage"),
    (NothingIndexedError, "not_found"),
)  # fmt: skip
_COMPRESS_FROM_BYTES = 1000
# What is the same for an address for ever may be kept for a year.
FOR_EVER = "private, max-age=31536000, immutable"


class Refusal(Exception):  # noqa: N818 (an answer, not a fault)
    """A request that gets an error as its answer: one of the codes of STATUSES, and a sentence to show."""

    def __init__(self, code: str, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.status = code, message, hint, status or STATUSES[code]

    @classmethod
    def of(cls, error: McsearchError) -> "Refusal":
        """Return the refusal for an error that the user can fix."""
        code = next((code for kind, code in _KINDS if isinstance(error, kind)), "internal")
        return cls(code, str(error), error.hint, 503 if code == "busy" else None)

    def fields(self) -> dict[str, Any]:
        """Return the error as it stands in the answer."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def answer(self) -> Response:
        """Return the answer."""
        headers = {"Cache-Control": "no-store"}
        if self.status == 503:
            headers["Retry-After"] = "1"
        return Response(as_json({"error": self.fields()}), self.status, headers, "application/json")


def json_answer(request: Request, value: Mapping[str, Any], status: int = 200) -> Response:
    """Return a mapping as JSON; 304 without a body if the client has it already."""
    return text_answer(request, as_json(value), "application/json", status=status)


def text_answer(
    request: Request, body: bytes, media_type: str, *, caching: str = "private, no-cache", status: int = 200
) -> Response:
    """Return text with an ETag, compressed if the client accepts gzip; 304 if the client has it already."""
    tag = f'"{blake3(body).hexdigest(length=16)}"'
    headers = {"ETag": tag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if status == 200 and is_known(request, tag):
        return Response(status_code=304, headers=headers)
    if len(body) >= _COMPRESS_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 4, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status, headers, media_type)


def is_known(request: Request, tag: str) -> bool:
    """Return whether the client has the content with this ETag."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]


def empty(status: int, headers: Mapping[str, str]) -> Response:
    """Return an answer without a body."""
    return Response(status_code=status, headers=headers)
