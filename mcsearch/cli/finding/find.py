"""mcsearch find"""

from functools import partial
from typing import Annotated

import typer

from mcsearch.cli.album_option import with_album
from mcsearch.cli.filter_options import filtered, say_if_nothing_is_left
from mcsearch.cli.finding.hits import (
    CollapseOption,
    LikeOption,
    LimitOption,
    MinScoreOption,
    NoServerOption,
    NotLikeOption,
    NotOption,
    PathsOption,
    Print0Option,
    RelevantOption,
    SortOption,
    check_output,
    no_hits,
    server_encoder,
    show,
    with_stdin,
)
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.cli.showing.options import NO_WAYS, Ways, with_ways
from mcsearch.cli.showing.presenting import check_ways, present, write_with_thumbnails
from mcsearch.library.filtering.filters import Wanted


@filtered
@with_ways
@with_album
def find(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD...", help="What the photo shows, in words.")
    ] = None,
    like: LikeOption = None,
    not_text: NotOption = None,
    not_like: NotLikeOption = None,
    limit: LimitOption = 10,
    min_score: MinScoreOption = -1.0,
    relevant: RelevantOption = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how well each term fits, and how many photos each filter leaves.")
    ] = False,
    collapse: CollapseOption = False,
    sort: SortOption = None,
    filters: Wanted | None = None,
    within: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: PathsOption = False,
    print0: Print0Option = False,
    alone: NoServerOption = False,
    ways: Ways = NO_WAYS,
    library: LibraryOption = None,
) -> None:
    """Find photos by what they show, best first, or by filters alone, newest first.

    Texts and photos form one query; each may have a weight, as in "2:dog". Each line shows a score (the cosine
    similarity, higher is better) and a path, or without a query a date and a path. Poor matches are dimmed.
    """
    from mcsearch.ops.find import find_photos
    from mcsearch.output.progress import progress_bar

    check_output(as_json=as_json, paths=paths, print0=print0)
    check_ways(ways, plain=as_json or paths or print0)
    query = " ".join(words or ())
    wanted, unwanted = like or [], not_like or []
    with (
        open_library(library) as opened,
        with_stdin([*wanted, *unwanted]) as photos,
        progress_bar() as progress,
    ):
        opened.models.encode = server_encoder(opened, alone=alone)
        hits = find_photos(
            opened, query, like=photos[: len(wanted)], not_text=not_text or [],
            not_like=photos[len(wanted) :],
            limit=limit, min_score=min_score, collapse=collapse, filters=filters, within=within, sort=sort,
            model=model, explain=explain, progress=progress,
        )  # fmt: skip
        said = not hits and say_if_nothing_is_left(opened, model, {**(within or {}), **(filters or {})})
    nothing = "" if said else no_hits(min_score)
    write = partial(write_with_thumbnails, library=library) if ways.preview else None
    listed = show(hits, nothing=nothing, relevant=relevant, as_json=as_json, paths=paths, print0=print0, write=write)
    present(listed, ways, library, query or "Photos")
