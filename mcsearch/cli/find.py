"""mcsearch find"""

import sys
from typing import Annotated, Literal

import typer

from mcsearch.cli.common import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.filters import Wanted, filtered


@filtered
def find(
    query: Annotated[str, typer.Argument(help="What the photo shows, in words.")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="How many photos at most.")] = 10,
    min_score: Annotated[float, typer.Option(metavar="S", help="Only photos with at least this score.")] = -1.0,
    sort: Annotated[
        Literal["score", "date", "path"] | None,
        typer.Option("--sort", help="The order; date is newest first. [default: score; date without a query]"),
    ] = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: Annotated[bool, typer.Option("--paths", help="Print paths only.")] = False,
    print0: Annotated[bool, typer.Option("--print0", help="Print paths ended by NUL, for xargs -0.")] = False,
    library: LibraryOption = None,
) -> None:
    """Find photos by what they show, best first; by filters alone, newest first.

    Each line is a score (the cosine similarity, higher is better) and a path; without a query, the date and a path.
    """
    from mcsearch.errors import UsageError
    from mcsearch.output import lines

    if as_json + paths + print0 > 1:
        raise UsageError("Choose one of --json, --paths and --print0.")
    with open_library(library) as opened:
        hits = opened.find(query, limit=limit, min_score=min_score, filters=filters, sort=sort, model=model)
    if as_json:
        for hit in hits:
            lines.write_json(hit)
    elif paths or print0:
        lines.write_paths((hit.path for hit in hits), b"\0" if print0 else b"\n")
    else:
        lines.write_hits(hits)
    if not hits:
        print("mcsearch: no photo is left by these conditions.", file=sys.stderr)
