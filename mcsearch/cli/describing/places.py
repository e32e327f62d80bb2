"""mcsearch places"""

import sys
from typing import Annotated, Literal

import typer

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.options import JsonOption, LibraryOption, open_library
from mcsearch.library.filtering.filters import Wanted

ByOption = Annotated[Literal["town", "region", "country"], typer.Option("--by", help="What to count by.")]


@filtered
def places(filters: Wanted, by: ByOption = "town", as_json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the places where photos were taken, and the number of photos taken at each."""
    from mcsearch.ops.describing.places import count_places
    from mcsearch.output import lines

    with open_library(library) as opened:
        counts = count_places(opened, by=by, filters=filters)
    if not counts:
        print("mcsearch: No photo has a place that can be named.", file=sys.stderr)
    if as_json:
        for count in counts:
            lines.write_json(count)
    else:
        lines.write_place_counts(counts)
