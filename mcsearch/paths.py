"""How a path is compared, stored and shown, whatever bytes the system allowed in it."""

import os
from collections.abc import Sequence

from mcsearch.errors import UsageError

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPES |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}


def absolute(path: str | os.PathLike[str]) -> str:
    """The one absolute spelling of a path, `~` expanded and symbolic links on the way resolved.

    Raises UsageError for an empty path, which is not the working folder: it may be a variable that was never set.
    """
    if not os.fspath(path):
        raise UsageError("An empty path is no path. Name one, such as . for the working folder.")
    return os.path.realpath(os.path.expanduser(os.fspath(path)))


def spellings(path: str | os.PathLike[str]) -> list[str]:
    """Every absolute spelling of a path: as it is named, then with links resolved up to each folder on the way.

    The last one is that of `absolute`. Without links on the way it is the only one.
    """
    named, resolved = os.path.abspath(os.path.expanduser(os.fspath(path))), absolute(path)
    if named == resolved:
        return [named]
    found = [named]
    for folder in reversed(folders_above(named)):
        found.append(os.path.join(os.path.realpath(folder), os.path.relpath(named, folder)))
    return [*dict.fromkeys(spelling for spelling in found if spelling != resolved), resolved]


def folders_above(path: str) -> list[str]:
    """The folders that an absolute path is in, the innermost first."""
    folders = []
    while (above := os.path.dirname(path)) != path:
        folders.append(path := above)
    return folders


def several(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
    """The paths as a list; a string is one path."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def stored(path: str) -> str | bytes:
    """A path as the library keeps it, whatever the locale: UTF-8 text, or the raw bytes where they are none."""
    if path.isascii():
        return path
    raw = os.fsencode(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def restored(value: str | bytes) -> str:
    """The path that `stored` was given."""
    return os.fsdecode(value if isinstance(value, bytes) else value.encode("utf-8"))


def portable(text: str) -> str:
    """Text in which bytes of a path that the locale could not decode, but that are UTF-8, are decoded after all."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """A path fit for a terminal: one line, no control characters, always encodable."""
    return portable(path).translate(_ESCAPES).encode("utf-8", "backslashreplace").decode("utf-8")


def below(folder: str) -> tuple[str, str]:
    """The half-open range of strings [low, high) that holds exactly the paths below a folder."""
    low = folder if folder.endswith(os.sep) else folder + os.sep
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def is_under(path: str, folder: str) -> bool:
    """Whether a path is the folder itself or lies below it."""
    return path == folder or path.startswith(below(folder)[0])
