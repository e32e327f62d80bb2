"""mcsearch forget"""

import sys
from typing import Annotated

import typer

from mcsearch.cli.asking import YesOption, make_sure
from mcsearch.cli.completing import roots
from mcsearch.cli.options import LibraryOption, open_library


def forget(
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A folder or a photo; it need not exist.", autocompletion=roots),
    ],
    yes: YesOption = False,
    library: LibraryOption = None,
) -> None:
    """Remove photos at or below a path from the library. The files are not touched.

    The embeddings are kept for 90 days, so that indexing the photos again is fast; then mcsearch compact drops them.
    For an indexed folder, or one above it, this command asks first.
    """
    from mcsearch.ops.forget import forget_path, roots_at
    from mcsearch.output.counts import counted
    from mcsearch.output.summary import forgotten
    from mcsearch.paths import shown

    with open_library(library) as opened:
        if roots := roots_at(opened, path):
            photos = counted(sum(root.photos for root in roots), "photo")
            names = ", ".join(shown(root.path) for root in roots)
            make_sure(f"This drops {photos} of {names} from the library, and their tags.", yes)
        report = forget_path(opened, path)
        rules = opened.file.roots.known().get(report.still_in or "")
    print(f"mcsearch: {forgotten(report, rules)}", file=sys.stderr)
