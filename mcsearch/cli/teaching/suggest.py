"""mcsearch suggest"""

import sys
from typing import Annotated

import typer

from mcsearch.cli.completing import labels as known_labels
from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.finding.hits import LimitOption, PathsOption, Print0Option, check_output
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.showing.options import NO_WAYS, Ways, with_ways
from mcsearch.cli.showing.presenting import check_ways, present, write_with_thumbnails
from mcsearch.library.filtering.filters import Wanted


@filtered
@with_ways
def suggest(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="A taught label.", autocompletion=known_labels)],
    limit: LimitOption = 20,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: PathsOption = False,
    print0: Print0Option = False,
    ways: Ways = NO_WAYS,
    library: LibraryOption = None,
) -> None:
    """Show the photos whose answer would teach a label most: those in doubt, unlike one another.

    Each line shows the probability that the photo shows the label, and its path. Answer with mcsearch teach.
    """
    from mcsearch.ops.teaching.suggesting import suggest_photos
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar
    from mcsearch.records.answers import Hit

    check_output(as_json=as_json, paths=paths, print0=print0)
    check_ways(ways, plain=as_json or paths or print0)
    with open_library(library) as opened, progress_bar() as progress:
        found = suggest_photos(opened, label, limit=limit, filters=filters, model=model, progress=progress)
        if not found:
            say_if_nothing_is_left(opened, model, filters)
    hits = [Hit(one.path, one.probability) for one in found]
    if as_json:
        for one in found:
            lines.write_json(one)
    elif paths or print0:
        lines.write_paths((one.path for one in found), b"\0" if print0 else b"\n")
    elif ways.preview:
        write_with_thumbnails(hits, library)
    else:
        lines.write_hits(hits)
    if not found:
        print("mcsearch: No photo is left to ask about.", file=sys.stderr)
    present(hits, ways, library, label)
