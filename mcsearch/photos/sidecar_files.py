"""Read, create, replace and delete sidecar files without losing concurrent changes by other programs.

A file is first written in full next to its target and then renamed over it atomically. A killed process may leave an
unlocked `.mcsearch-*.part` file behind, which `clear_leftovers` deletes.
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
    """A sidecar was left unchanged; `str(error)` is the sentence to show."""


class ChangedError(Exception):
    """Another program has created, changed or deleted a sidecar since it was read."""


def read_sidecar(sidecar: str) -> bytes | None:
    """Return the content of a sidecar, or None if it does not exist.

    Symbolic links are followed. Raises SkippedError if the sidecar cannot be read (as with a broken link), is not a
    regular file, or is too large to be an XMP file.
    """
    if not os.path.lexists(sidecar):
        return None
    try:
        status = os.stat(sidecar)
        if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_LIMIT_BYTES:
            raise SkippedError(
                f"{shown(sidecar)} was left unchanged because it is not a regular file of at most 64 MiB."
            )
        with open(sidecar, "rb") as file:
            return file.read()
    except OSError as error:
        raise SkippedError(f"{shown(sidecar)} cannot be read: {error.strerror or error}.") from None


def check_writable(sidecar: str) -> None:
    """Check that a sidecar can be created or replaced. Raises SkippedError if it or its folder is not writable."""
    target = os.path.realpath(sidecar)
    folder = os.path.dirname(target)
    if not os.access(folder, os.W_OK):
        raise SkippedError(f"Sidecars in {shown(folder)} were left unchanged because the folder is not writable.")
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise SkippedError(f"{shown(sidecar)} was left unchanged because it is read-only.")


def put_sidecar(sidecar: str, before: bytes | None, after: bytes | None) -> None:
    """Replace the content `before` of a sidecar with `after`, where None stands for a file that does not exist.

    Symbolic links are followed. Owner, permissions, ACLs and extended attributes are preserved. Raises ChangedError if
    the content is no longer `before`, and SkippedError if the file cannot be written.
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
    """Delete the partial files that a killed mcsearch process left in a folder; `names` lists its files."""
    for name in names:
        if _PART.fullmatch(name):
            path = os.path.join(folder, name)
            with contextlib.suppress(OSError):
                with open(path, "rb+") as file:
                    _lock(file, wait=False)  # fails while its process is alive
                    if sys.platform != "win32":
                        os.unlink(path)
                if sys.platform == "win32":  # Windows cannot delete an open file
                    os.unlink(path)


def _replace(target: str, before: bytes | None, after: bytes) -> None:
    part = os.path.join(os.path.dirname(target), f".mcsearch-{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            with contextlib.suppress(OSError):  # some network drives do not support locks
                _lock(file, wait=True)
            file.write(after)
            file.flush()
            if before is not None:
                _keep_attributes(target, part)
            os.fsync(file.fileno())
        if before is None:
            _move_new(part, target)
        elif read_sidecar(target) == before:
            os.replace(part, target)
        else:
            raise ChangedError
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)


def _move_new(part: str, target: str) -> None:
    """Move a new file to its target. Raises ChangedError if another program has created the target meanwhile."""
    try:
        os.link(part, target)  # unlike a rename, never replaces an existing file
    except FileExistsError:
        raise ChangedError from None
    except (OSError, NotImplementedError):  # no hard links, as on FAT
        if os.path.lexists(target):
            raise ChangedError from None
        os.rename(part, target)


def _keep_attributes(source: str, part: str) -> None:
    """Copy owner, permissions, ACL and extended attributes from a file to the one that will replace it."""
    status = os.stat(source)
    with contextlib.suppress(OSError, AttributeError):  # only root may change owners; Windows has no chown
        os.chown(part, status.st_uid, status.st_gid)
    if sys.platform == "linux":
        for name in set(os.listxattr(part)) - set(os.listxattr(source)):  # such as an ACL inherited from the folder
            with contextlib.suppress(OSError):
                os.removexattr(part, name)
    shutil.copystat(source, part)
    os.utime(part)  # other programs detect changes by the modification time


def _lock(file: BinaryIO, *, wait: bool) -> None:
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
