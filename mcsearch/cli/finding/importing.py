"""mcsearch import"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.options import LibraryOption, open_library


def import_folder(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of Parquet files, or one of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    library: LibraryOption = None,
) -> None:
    """Take embeddings that were made elsewhere, so that photos with the same content need none.

    They must be of the model that the library uses, as its fingerprint tells. Index the photos afterwards: they are
    read once to recognise them, and not embedded.
    """
    from mcsearch.ops.exchange.importing import import_embeddings
    from mcsearch.output.counts import counted
    from mcsearch.output.lines import write_json
    from mcsearch.output.progress import progress_bar

    with open_library(library, create=True) as opened, progress_bar(quiet=quiet) as progress:
        report = import_embeddings(opened, folder, progress=progress)
    if as_json:
        write_json(report)
    if not quiet:
        print(f"mcsearch: {counted(report.read, 'embedding')} read, {report.added:,} of them new.", file=sys.stderr)
