"""The formats there are, and which of them work here."""

from mcsearch.photos.formats import FORMATS
from mcsearch.reports import ListedFormat


def list_formats() -> list[ListedFormat]:
    """Every format that mcsearch knows how to read, in the order of the table."""
    return [
        ListedFormat(row.name, row.suffixes, row.needs, row.works, None if row.works else row.install)
        for row in FORMATS
    ]
