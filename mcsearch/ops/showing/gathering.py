"""Gather photos in a folder as copies or links. Nothing that is there is overwritten."""

import errno
import filecmp
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mcsearch.errors import OutputError, UsageError
from mcsearch.paths import shown
from mcsearch.printable import brief


@dataclass(frozen=True, slots=True)
class Gathered:
    """The numbers of files made and of those that were already there, and a sentence for each that was left out."""

    made: int
    present: int
    warnings: tuple[str, ...]


def gather(paths: Iterable[str], folder: str, *, link: bool = False) -> Gathered:
    """Copy photos into a folder, with their times, or make links to them, and create the folder if it is missing.

    A file with the same content (a link to the same file) is left as it is. If another file has the photo's name, the
    photo gets a number: `x (2).jpg`. Links are symbolic; on Windows, where those need a privilege, they are hard links.
    Raises OutputError if the folder cannot be written, UsageError if it is not a folder.
    """
    check_folder(folder)
    made = present = 0
    warnings = []
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{shown(folder)} cannot be created: {error.strerror or error}.") from None
    for path in paths:
        if not os.path.isfile(path):
            warnings.append(f"{shown(path)} is missing or cannot be read, so it was left out.")
            continue
        try:
            if _added(path, folder, link=link):
                made += 1
            else:
                present += 1
        except OSError as error:
            if not os.access(folder, os.W_OK):
                raise OutputError(f"{shown(folder)} cannot be written: {error.strerror or error}.") from None
            warnings.append(f"{shown(path)} was left out: {error.strerror or error}.")
    return Gathered(made, present, tuple(warnings))


def check_folder(folder: str) -> None:
    """Raise UsageError if a folder to gather photos in has an empty name or one that is too long, or is a file."""
    if not folder:
        raise UsageError("The path is empty. Name a folder for the photos, such as . for the working folder.")
    try:
        os.stat(folder)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UsageError(f"{brief(shown(folder))} is longer than a path may be.") from None
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"{shown(folder)} is a file, so no photos can be put into it. Name a folder.")


def _added(path: str, folder: str, *, link: bool) -> bool:
    """Add a photo to a folder under the first free name, and return whether it was not there before."""
    for name in _names(os.path.basename(path)):
        target = os.path.join(folder, name)
        if os.path.lexists(target):
            if _is_there(path, target, link=link):
                return False
            continue
        try:
            _link(path, target) if link else _copy(path, target)
            return True
        except FileExistsError:  # another program was faster
            continue
    raise AssertionError("names never end")


def _names(name: str) -> Iterator[str]:
    stem, suffix = os.path.splitext(name)
    yield name
    yield from (f"{stem} ({number}){suffix}" for number in itertools.count(2))


def _is_there(path: str, target: str, *, link: bool) -> bool:
    try:
        return os.path.samefile(path, target) if link else filecmp.cmp(path, target, shallow=False)
    except OSError:
        return False


def _link(path: str, target: str) -> None:
    if os.name == "nt":
        os.link(path, target)
    else:
        os.symlink(os.path.abspath(path), target)


def _copy(path: str, target: str) -> None:
    with open(path, "rb") as original, open(target, "xb") as copy:
        try:
            shutil.copyfileobj(original, copy)
            copy.close()
            shutil.copystat(path, target)
        except BaseException:
            os.unlink(target)
            raise
