"""mcsearch export"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.options import LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted


@filtered
def export(
    embeddings: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="Where to write: a .npy, .parquet or .safetensors file; with --shards, a new folder."
        ),
    ],
    shards: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Write N Parquet files, with facts and tags as columns, into a folder."),
    ] = None,
    model: ModelOption = None,
    filters: Wanted | None = None,
    library: LibraryOption = None,
) -> None:
    """Write embeddings with their paths to a file for other programs."""
    from mcsearch.ops.export import check_suffix, export_embeddings
    from mcsearch.output.counts import counted

    if shards is None:
        check_suffix(embeddings)
    with open_library(library) as opened:
        if shards is None:
            count = export_embeddings(opened.file, opened.models.to_ask(model), embeddings, filters=filters)
        else:
            from mcsearch.ops.exchange.parquet_shards import export_shards

            count = export_shards(opened.file, opened.models.to_ask(model), embeddings, shards, filters=filters)
        if not count:
            say_if_nothing_is_left(opened, model, filters)
    print(f"mcsearch: {counted(count, 'embedding')} written to {embeddings}.", file=sys.stderr)
