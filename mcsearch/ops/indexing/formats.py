"""List the formats that mcsearch can read, and which of them work on this machine."""

from mcsearch.photos.formats import FORMATS
from mcsearch.records.status import ListedFormat


def list_formats() -> list[ListedFormat]:
    """Return every format that mcsearch can read, in the order of FORMATS."""
    return [
        ListedFormat(
            format_.name, format_.suffixes, format_.needs, format_.works, None if format_.works else format_.install
        )
        for format_ in FORMATS
    ]
