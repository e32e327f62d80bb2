"""Write a contact sheet to a file, which is new or was a sheet before."""

import contextlib
import os
import tempfile
from pathlib import Path

from mcsearch.errors import OutputError, UsageError
from mcsearch.output.sheets.sheet import MARK, Sheet
from mcsearch.paths import shown

_SUFFIXES = (".html", ".jpg", ".jpeg", ".png")
_MARK_WITHIN_BYTES = 4096


def check_file(file: Path) -> None:
    """Raise UsageError unless the file can become a sheet: a known suffix, and new or an earlier sheet."""
    if file.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"A contact sheet is a .html, .jpg or .png file, and {shown(str(file))} is none of them.")
    try:
        with file.open("rb") as existing:
            is_sheet = MARK.encode() in existing.read(_MARK_WITHIN_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"{shown(str(file))} cannot be written: {error.strerror or error}.") from None
    if not is_sheet:
        raise UsageError(f"{shown(str(file))} exists and is not an earlier contact sheet. Name another file.")


def write_sheet(sheet: Sheet, file: Path) -> None:
    """Write a sheet in the form that the suffix of the file says. Raises UsageError and OutputError."""
    check_file(file)
    if file.suffix.lower() == ".html":
        from mcsearch.output.sheets.page import page

        content = page(sheet).encode("utf-8", "surrogatepass")
    else:
        from mcsearch.output.sheets.picture import picture

        content = picture(sheet, "PNG" if file.suffix.lower() == ".png" else "JPEG")
    try:
        _replace(file, content)
    except OSError as error:
        raise OutputError(f"{shown(str(file))} cannot be written: {error.strerror or error}.") from None


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
