"""Files that mcsearch writes for people: sheets and plots. Only such files are ever overwritten."""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mcsearch.errors import OutputError, UsageError
from mcsearch.paths import shown

# Every such file has these words near its beginning.
MARK = "made by mcsearch"
_MARK_WITHIN_BYTES = 4096


def check_own(file: Path, suffixes: Sequence[str], kind: str) -> None:
    """Raise UsageError unless the file can be written: a good suffix, and new or written by mcsearch before."""
    if file.suffix.lower() not in suffixes:
        listed = " or ".join(part for part in (", ".join(suffixes[:-1]), suffixes[-1]) if part)
        raise UsageError(f"{kind} is a {listed} file, and {shown(str(file))} is not.")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {shown(str(file.absolute().parent))}, in which to write {file.name}.")
    try:
        with file.open("rb") as existing:
            is_own = MARK.encode() in existing.read(_MARK_WITHIN_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(file, error) from None
    if not is_own:
        raise UsageError(f"{shown(str(file))} exists and was not made by mcsearch. Name another file.")


def write_own(file: Path, content: bytes) -> None:
    """Write a whole file or nothing. `content` has the MARK. Raises OutputError."""
    try:
        _replace(file, content)
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file: Path, error: OSError) -> OutputError:
    return OutputError(f"{shown(str(file))} cannot be written: {error.strerror or error}.")


def _replace(file: Path, content: bytes) -> None:
    """Write a whole file or nothing. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        try:
            new.write(content)
            new.close()
            os.chmod(new.name, 0o666 & ~_umask())
            os.replace(new.name, file)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new.name)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
