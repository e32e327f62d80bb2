"""mcsearch similar"""

import os
from functools import partial
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.finding.hits import (
    CollapseOption,
    LimitOption,
    MinScoreOption,
    PathsOption,
    Print0Option,
    SortOption,
    check_output,
    no_hits,
    show,
    with_stdin,
)
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.showing.options import NO_WAYS, Ways, with_ways
from mcsearch.cli.showing.presenting import check_ways, present, write_with_thumbnails
from mcsearch.library.filtering.filters import Wanted


@filtered
@with_ways
def similar(
    photo: Annotated[str, typer.Argument(metavar="PHOTO", help="A photo; - is standard input.")],
    limit: LimitOption = 10,
    min_score: MinScoreOption = -1.0,
    collapse: CollapseOption = False,
    sort: SortOption = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: PathsOption = False,
    print0: Print0Option = False,
    ways: Ways = NO_WAYS,
    library: LibraryOption = None,
) -> None:
    """Find the photos most similar to a photo. The photo itself is left out, but copies of it are included."""
    from mcsearch.ops.find import find_similar
    from mcsearch.output.progress import progress_bar

    check_output(as_json=as_json, paths=paths, print0=print0)
    check_ways(ways, plain=as_json or paths or print0)
    with (
        open_library(library) as opened,
        with_stdin([photo]) as [path],
        progress_bar() as progress,
    ):
        hits = find_similar(
            opened,
            path,
            limit=limit,
            min_score=min_score,
            collapse=collapse,
            filters=filters,
            sort=sort,
            model=model,
            progress=progress,
        )
        said = not hits and say_if_nothing_is_left(opened, model, filters)
    nothing = "" if said else no_hits(min_score)
    write = partial(write_with_thumbnails, library=library) if ways.preview else None
    listed = show(hits, nothing=nothing, relevant=False, as_json=as_json, paths=paths, print0=print0, write=write)
    present(listed, ways, library, f"Similar to {os.path.basename(photo)}")
