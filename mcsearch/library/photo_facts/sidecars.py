"""The stored form of the sidecars that a photo was read with: one text, so that SQLite can compare it."""

import json
import os
from collections.abc import Sequence

from mcsearch.records.photos import ScannedFile


def stored_sidecars(sidecars: Sequence[ScannedFile]) -> str | None:
    """Return the sidecars as a JSON list of [path, size in bytes, mtime in ns], or None if there are none.

    The text is the same in every locale. Bytes of a path that are not UTF-8 become the escapes `\\udc80` to `\\udcff`.
    """
    if not sidecars:
        return None
    listed = [[_portable(file.path), file.size_bytes, file.mtime_ns] for file in sidecars]
    return json.dumps(listed, separators=(",", ":"))


def restored_sidecars(text: str | None) -> tuple[ScannedFile, ...]:
    """Return the sidecars of a stored text; the inverse of `stored_sidecars`."""
    listed = [] if text is None else json.loads(text)
    return tuple(ScannedFile(_local(path), size_bytes, mtime_ns) for path, size_bytes, mtime_ns in listed)


def _portable(path: str) -> str:
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "surrogateescape")


def _local(path: str) -> str:
    return path if path.isascii() else os.fsdecode(path.encode("utf-8", "surrogateescape"))
