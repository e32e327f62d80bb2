"""Write a contact sheet to a file."""

from pathlib import Path

from mcsearch.output.own_files import check_own, write_own
from mcsearch.output.sheets.sheet import Sheet

SUFFIXES = (".html", ".jpg", ".jpeg", ".png")


def check_sheet(file: Path) -> None:
    """Raise UsageError unless the file can become a sheet: a good suffix, and new or written by mcsearch before."""
    check_own(file, SUFFIXES, "A contact sheet")


def write_sheet(sheet: Sheet, file: Path) -> None:
    """Write a sheet in the form that the suffix of the file says. Raises UsageError and OutputError."""
    check_sheet(file)
    if file.suffix.lower() == ".html":
        from mcsearch.output.sheets.page import page

        content = page(sheet).encode("utf-8", "surrogatepass")
    else:
        from mcsearch.output.sheets.picture import picture

        content = picture(sheet, "PNG" if file.suffix.lower() == ".png" else "JPEG")
    write_own(file, content)
