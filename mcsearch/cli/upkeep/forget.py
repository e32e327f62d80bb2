"""mcsearch forget"""

import sys
from typing import Annotated

import typer

from mcsearch.cli.completing import roots
from mcsearch.cli.options import LibraryOption, open_library


def forget(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A folder or a photo; it need not exist.", autocompletion=roots),
    ],
    library: LibraryOption = None,
) -> None:
    """Remove photos at or below a path from the library. The files are not touched.

    The embeddings are kept for 90 days, so that indexing the photos again is fast; then mcsearch compact drops them.
    """
    from mcsearch.ops.forget import forget_path
    from mcsearch.output.summary import forgotten

    with open_library(library) as opened:
        report = forget_path(opened, path)
        rules = opened.file.roots.known().get(report.still_in or "")
    print(f"mcsearch: {forgotten(report, rules)}", file=sys.stderr)
