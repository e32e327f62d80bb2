"""mcsearch backup"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    yes: Annotated[bool, typer.Option("--yes", help="Also replace a backup of another library.")] = False,
    library: LibraryOption = None,
) -> None:
    """Copy the library to a file, also while it is being indexed. Restoring is copying the file back.

    An earlier backup of the same library is replaced. A file that is no library never is.
    """
    from mcsearch.ops.upkeep.backup import back_up_library
    from mcsearch.output.counts import shown_size
    from mcsearch.output.progress import progress_bar
    from mcsearch.paths import shown

    with open_library(library) as opened, progress_bar() as progress:
        report = back_up_library(opened, file, replace=yes, progress=progress)
    print(f"mcsearch: Wrote {shown(report.file)} ({shown_size(report.size_bytes)}).", file=sys.stderr)
