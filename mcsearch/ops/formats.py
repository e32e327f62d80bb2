"""The formats there are, and which of them work here."""

from mcsearch.photos.formats import FORMATS
from mcsearch.reports import ListedFormat


def list_formats() -> list[ListedFormat]:
    """Every format that mcsearch knows how to read, in the order of the table."""
    return [
        ListedFormat(
            format_.name, format_.suffixes, format_.needs, format_.works, None if format_.works else format_.install
        )
        for format_ in FORMATS
    ]
