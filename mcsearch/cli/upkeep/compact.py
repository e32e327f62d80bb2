"""mcsearch compact"""

import sys

from mcsearch.cli.options import LibraryOption, open_library


def compact(library: LibraryOption = None) -> None:
    """Shrink the library file by dropping embeddings that no photo has used for 90 days."""
    from mcsearch.ops.forget import compact_library
    from mcsearch.output.counts import counted, shown_size

    with open_library(library) as opened:
        report = compact_library(opened)
    print(
        f"mcsearch: Dropped {counted(report.embeddings, 'embedding')} that no photo has used for 90 days; "
        f"freed {shown_size(report.freed_bytes)}.",
        file=sys.stderr,
    )
