"""Read, make, replace and delete sidecar files, so that nothing another program wrote meanwhile is lost.

A file is written in full beside its target and then takes its place at once. What a killed process leaves behind is a
`.mcsearch-*.part` file, which nobody holds a lock on; `clear_leftovers` deletes it.
"""

import contextlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable
from typing import BinaryIO

from mcsearch.paths import shown

if sys.platform != "win32":
    import fcntl

SIZE_LIMIT_BYTES = 64 * 1024**2
_PART = re.compile(r"\.mcsearch-[0-9a-f]{16}\.part")


class SkippedError(Exception):
    """A sidecar is left as it is. `str(error)` is the sentence to show."""


class ChangedError(Exception):
    """Another program has made, changed or deleted a sidecar since it was read."""


def read_sidecar(sidecar: str) -> bytes | None:
    """The content of a sidecar; None when there is none. Raises SkippedError when it cannot be read or is no XMP file.

    A link is followed; one that leads nowhere cannot be read.
    """
    if not os.path.lexists(sidecar):
        return None
    try:
        facts = os.stat(sidecar)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > SIZE_LIMIT_BYTES:
            raise SkippedError(f"{shown(sidecar)} is left as it is: it is not a file that XMP would be in.")
        with open(sidecar, "rb") as file:
            return file.read()
    except OSError as error:
        raise SkippedError(f"{shown(sidecar)} cannot be read: {error.strerror or error}.") from None


def check_writable(sidecar: str) -> None:
    """Raise SkippedError when a sidecar, or the folder it is to be made in, cannot be written to."""
    target = os.path.realpath(sidecar)
    folder = os.path.dirname(target)
    if not os.access(folder, os.W_OK):
        raise SkippedError(f"Sidecars in {shown(folder)} are left as they are: the folder cannot be written to.")
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise SkippedError(f"{shown(sidecar)} is left as it is: it is read-only.")


def put_sidecar(sidecar: str, before: bytes | None, after: bytes | None) -> None:
    """Make the content `before` of a sidecar `after`, None for no file; a link is followed.

    Owner, permissions, access lists and extended attributes stay. Raises ChangedError when the content is not `before`
    any more, and SkippedError when the file cannot be written.
    """
    target = os.path.realpath(sidecar)
    try:
        if after is not None:
            _replace(target, before, after)
        elif read_sidecar(target) == before:
            os.unlink(target)
        else:
            raise ChangedError
    except FileNotFoundError:
        raise ChangedError from None
    except OSError as error:
        raise SkippedError(f"{shown(sidecar)} cannot be written: {error.strerror or error}.") from None


def clear_leftovers(folder: str, names: Iterable[str]) -> None:
    """Delete those of the files in a folder that a killed process of ours left half written."""
    for name in names:
        if _PART.fullmatch(name):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                with open(path, "rb+") as file:
                    _lock(file, wait=False)  # fails while its process is alive
                    if sys.platform != "win32":
                        os.unlink(path)
                if sys.platform == "win32":  # where a file that is open cannot be deleted
                    os.unlink(path)


def _replace(target: str, before: bytes | None, after: bytes) -> None:
    part = os.path.join(os.path.dirname(target), f".mcsearch-{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            with contextlib.suppress(OSError):  # some network drives know no locks
                _lock(file, wait=True)
            file.write(after)
            file.flush()
            if before is not None:
                _keep_attributes(target, part)
            os.fsync(file.fileno())
        if before is None:
            _put_new(part, target)
        elif read_sidecar(target) == before:
            os.replace(part, target)
        else:
            raise ChangedError
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)


def _put_new(part: str, target: str) -> None:
    """Give a new file its name, unless another program has made one of that name."""
    try:
        os.link(part, target)  # unlike a rename, this never replaces a file
    except FileExistsError:
        raise ChangedError from None
    except (OSError, NotImplementedError):  # no hard links, as on FAT
        if os.path.lexists(target):
            raise ChangedError from None
        os.rename(part, target)


def _keep_attributes(source: str, part: str) -> None:
    """Give a file that replaces another its owner, permissions, access list and extended attributes."""
    facts = os.stat(source)
    with contextlib.suppress(OSError, AttributeError):  # only root may give files away; Windows has no owner
        os.chown(part, facts.st_uid, facts.st_gid)
    if sys.platform == "linux":
        for name in set(os.listxattr(part)) - set(os.listxattr(source)):  # such as an access list of the folder's
            with contextlib.suppress(OSError):
                os.removexattr(part, name)
    shutil.copystat(source, part)
    os.utime(part)  # others tell by the time that it has changed


def _lock(file: BinaryIO, *, wait: bool) -> None:
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
