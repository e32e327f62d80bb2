"""The files of the page: read once, served from memory, so that no address leads to any other file."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from mcsearch.web.answers import Refusal, text_answer

_FOLDER = Path(__file__).parent.parent / "page"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class PageFiles:
    """The page: `index.html` at `/`, every other file by its path below the folder `page`."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files: Mapping[str, tuple[bytes, str]] = {
            f"/{file.relative_to(folder).as_posix()}": (file.read_bytes(), _TYPES[file.suffix])
            for file in sorted(folder.rglob("*"))
            if file.suffix in _TYPES
        }

    def answer(self, request: Request, path: str) -> Response:
        """Return the file at a path of the address. Raises Refusal if there is none."""
        found = self._files.get("/index.html" if path == "/" else path)
        if found is None:
            raise Refusal("not_found", "There is nothing at this address.")
        return text_answer(request, *found)
