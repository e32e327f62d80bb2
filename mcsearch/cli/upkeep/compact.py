"""mcsearch compact"""

import sys

from mcsearch.cli.asking import YesOption, make_sure
from mcsearch.cli.options import LibraryOption, open_library


def compact(yes: YesOption = False, library: LibraryOption = None) -> None:
    """Shrink the library file by dropping embeddings that no photo has used for 90 days."""
    from mcsearch.ops.forget import KEPT_DAYS, compact_library
    from mcsearch.output.counts import counted, shown_size

    with open_library(library) as opened:
        make_sure(f"This drops the embeddings that no photo has used for {KEPT_DAYS} days.", yes)
        report = compact_library(opened)
    print(
        f"mcsearch: Dropped {counted(report.embeddings, 'embedding')} that no photo has used for 90 days; "
        f"freed {shown_size(report.freed_bytes)}.",
        file=sys.stderr,
    )
