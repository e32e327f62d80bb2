"""mcsearch export"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import Wanted, filtered
from mcsearch.cli.options import LibraryOption, ModelOption, open_library


@filtered
def export(
    embeddings: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write: a .npy, .parquet or .safetensors file.")
    ],
    model: ModelOption = None,
    filters: Wanted | None = None,
    library: LibraryOption = None,
) -> None:
    """Write all embeddings with their paths to a file for other programs."""
    from mcsearch.ops.export import export

    with open_library(library) as opened:
        count = export(opened, embeddings, model=model, filters=filters)
    print(f"mcsearch: {count:,} embeddings written to {embeddings}.", file=sys.stderr)
