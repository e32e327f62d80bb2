"""mcsearch stats"""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.options import LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted

_WIDTH_AT_MOST = 100


@filtered
def stats(
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Also draw the numbers, to a .png file.")
    ] = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    library: LibraryOption = None,
) -> None:
    """Count the photos by year, camera, format and tag, and the files that could not be read."""
    from mcsearch.ops.showing.stats import count_photos
    from mcsearch.output import lines
    from mcsearch.output.own_files import check_own, write_own
    from mcsearch.output.stats import statistics_lines

    if plot is not None:
        check_own(plot, (".png",), "A plot")
    with open_library(library) as opened:
        counted = count_photos(opened, filters=filters, model=model)
        if not counted.photos:
            say_if_nothing_is_left(opened, model, filters)
    if as_json:
        lines.write_json(counted)
    else:
        width = min(_WIDTH_AT_MOST, shutil.get_terminal_size().columns - 1)
        blocks = (sys.stdout.encoding or "").lower().startswith("utf") and os.environ.get("TERM") != "dumb"
        for line in statistics_lines(counted, width, blocks=blocks):
            lines.write(line)
    if plot is not None:
        from mcsearch.output.plot import plot as drawn

        write_own(plot, drawn(counted))
        print(f"mcsearch: Plot written to {plot}.", file=sys.stderr)
