"""mcsearch export"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.options import LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted


@filtered
def export(
    embeddings: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write: a .npy, .parquet or .safetensors file.")
    ],
    model: ModelOption = None,
    filters: Wanted | None = None,
    library: LibraryOption = None,
) -> None:
    """Write embeddings with their paths to a file for other programs."""
    from mcsearch.ops.export import check_suffix, export_embeddings

    check_suffix(embeddings)
    with open_library(library) as opened:
        count = export_embeddings(opened.file, opened.models.to_ask(model), embeddings, filters=filters)
    print(f"mcsearch: {count:,} embeddings written to {embeddings}.", file=sys.stderr)
