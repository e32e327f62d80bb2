"""mcsearch read"""

import sys
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.options import JsonOption, LibraryOption, open_library
from mcsearch.library.filtering.filters import Wanted


@filtered
def read(
    filters: Wanted | None = None,
    again: Annotated[bool, typer.Option("--force", help="Read all photos again.")] = False,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes that read. [default: one per processor]")
    ] = None,
    as_json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no summary.")] = False,
    library: LibraryOption = None,
) -> None:
    """Read the text in photos, so that find --text finds it.

    Run it again at any time: each photo is read once, and a photo without text is remembered. Needs mcsearch[ocr].
    """
    from mcsearch.ops.reading.read import read_photos
    from mcsearch.output.lines import write_json
    from mcsearch.output.progress import progress_bar
    from mcsearch.output.summary import read_summary

    with open_library(library) as opened, progress_bar(quiet=quiet) as progress:
        report = read_photos(opened, filters=filters, again=again, workers=workers, progress=progress)
        said = not report.settled and say_if_nothing_is_left(opened, None, filters)
    if as_json:
        write_json(report)
    if not quiet and not said:
        print(f"mcsearch: {read_summary(report)}", file=sys.stderr)
