"""Compare, store and display paths, including those whose bytes are not valid in any encoding."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from mcsearch.errors import UsageError
from mcsearch.printable import one_line


def absolute(path: str | os.PathLike[str]) -> str:
    """Return the canonical absolute form of a path, with `~` expanded, links resolved, and names as folders list them.

    Raises UsageError for a path with a NUL, and for an empty one. That does not mean the working folder, since it is
    often an unset variable.
    """
    if not os.fspath(path):
        raise UsageError("The path is empty. Name a file or a folder, such as . for the working folder.")
    if "\0" in os.fspath(path):
        raise UsageError(f"No path can be {shown(os.fspath(path))}: it contains a NUL character.")
    return as_listed(os.path.realpath(os.path.expanduser(os.fspath(path))))


def as_listed(path: str, is_same: Callable[[str, str], bool] | None = None) -> str:
    """Return an absolute path with each name as its folder lists it, which may differ in case and in Unicode form.

    Folders are listed only where the file system accepts a name in another case or form. `is_same` tells whether two
    paths are the same file; by default the file system does.
    """
    same = is_same or _is_same_file
    listed, *names = Path(path).parts
    for number, name in enumerate(names):
        given = os.path.join(listed, name)
        if is_same is None and not any(same(given, os.path.join(listed, other)) for other in _other_forms(name)):
            listed = given
            continue
        try:
            entries = os.listdir(listed)
        except OSError:
            return os.path.join(listed, *names[number:])
        alike = (entry for entry in entries if _folded(entry) == _folded(name))
        found = (entry for entry in alike if same(os.path.join(listed, entry), given))
        listed = given if name in entries else os.path.join(listed, next(found, name))
    return listed


def _is_same_file(path: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.lstat(other))
    except OSError:
        return False


def _other_forms(name: str) -> set[str]:
    """Return a name in the other case and in the other Unicode forms."""
    return {name.swapcase(), *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))} - {name}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def spellings(path: str | os.PathLike[str]) -> list[str]:
    """Return all absolute spellings of a path: as given, then with the links resolved up to each of its parent folders.

    The last one is `absolute(path)`; it is the only one if the path contains no links.
    """
    named, resolved = as_listed(os.path.abspath(os.path.expanduser(os.fspath(path)))), absolute(path)
    if named == resolved:
        return [named]
    found = [named]
    for folder in reversed(folders_above(named)):
        found.append(os.path.join(os.path.realpath(folder), os.path.relpath(named, folder)))
    return [*dict.fromkeys(spelling for spelling in found if spelling != resolved), resolved]


def folders_above(path: str) -> list[str]:
    """Return the parent folders of an absolute path, innermost first."""
    folders = []
    while (above := os.path.dirname(path)) != path:
        folders.append(path := above)
    return folders


def several(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str | os.PathLike[str]]:
    """Return one path or several as a list."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def stored(path: str) -> str | bytes:
    """Return a path as the library stores it in every locale: as UTF-8 text, or as raw bytes if they are not UTF-8."""
    if path.isascii():
        return path
    raw = os.fsencode(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def restored(value: str | bytes) -> str:
    """Return the path of a stored value; the inverse of `stored`."""
    return os.fsdecode(value if isinstance(value, bytes) else value.encode("utf-8"))


def portable(text: str) -> str:
    """Return a text with the escaped bytes decoded that are valid UTF-8 but could not be decoded in this locale."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def shown(path: str) -> str:
    """Return a path in a form that is safe to print: one line, no control characters, always encodable."""
    return one_line(portable(path)).encode("utf-8", "backslashreplace").decode("utf-8")


def below(folder: str) -> tuple[str, str]:
    """Return the half-open range of strings [low, high) that contains exactly the paths below a folder."""
    low = folder if folder.endswith(os.sep) else folder + os.sep
    return low, low[:-1] + chr(ord(low[-1]) + 1)


def is_under(path: str, folder: str) -> bool:
    """Return whether a path is the folder itself or lies below it."""
    return path == folder or path.startswith(below(folder)[0])
