"""mcsearch forget"""

import sys
from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def forget(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder or a photo, there or not.")],
    library: LibraryOption = None,
) -> None:
    """Drop photos at or below a path from the library. No file is touched.

    Their embeddings stay for 90 days, so that indexing them again costs little; then mcsearch compact drops them.
    """
    from mcsearch.ops.forget import forget_path
    from mcsearch.output.summary import forgotten

    with open_library(library) as opened:
        report = forget_path(opened, path)
        rules = opened.roots.known().get(report.still_in or "")
    print(f"mcsearch: {forgotten(report, rules)}", file=sys.stderr)
