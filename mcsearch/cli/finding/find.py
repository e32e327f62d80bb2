"""mcsearch find"""

from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.finding.hits import (
    CollapseOption,
    LimitOption,
    MinScoreOption,
    PathsOption,
    Print0Option,
    SortOption,
    check_output,
    show,
    with_stdin,
)
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted


@filtered
def find(
    query: Annotated[str, typer.Argument(help="What the photo shows, in words.")] = "",
    like: Annotated[
        list[str] | None,
        typer.Option("--like", metavar="PHOTO", help="Photos like this one; - is standard input. May be repeated."),
    ] = None,
    not_text: Annotated[
        list[str] | None, typer.Option("--not", metavar="TEXT", help="Avoid photos that show this. May be repeated.")
    ] = None,
    not_like: Annotated[
        list[str] | None,
        typer.Option("--not-like", metavar="PHOTO", help="Avoid photos like this one. May be repeated."),
    ] = None,
    limit: LimitOption = 10,
    min_score: MinScoreOption = -1.0,
    relevant: Annotated[bool, typer.Option("--relevant", help="Show only photos that probably fit.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how well each term fits, and how many photos each filter leaves.")
    ] = False,
    collapse: CollapseOption = False,
    sort: SortOption = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    as_json: JsonOption = False,
    paths: PathsOption = False,
    print0: Print0Option = False,
    library: LibraryOption = None,
) -> None:
    """Find photos by what they show, best first, or by filters alone, newest first.

    Texts and photos form one query; each may have a weight, as in "2:dog". Each line shows a score (the cosine
    similarity, higher is better) and a path, or without a query a date and a path. Poor matches are dimmed.
    """
    from mcsearch.ops.find import find_photos

    check_output(as_json=as_json, paths=paths, print0=print0)
    wanted, unwanted = like or [], not_like or []
    with open_library(library) as opened, with_stdin([*wanted, *unwanted]) as photos:
        hits = find_photos(
            opened, query, like=photos[: len(wanted)], not_text=not_text or [],
            not_like=photos[len(wanted) :],
            limit=limit, min_score=min_score, collapse=collapse, filters=filters, sort=sort, model=model,
            explain=explain,
        )  # fmt: skip
    show(hits, relevant=relevant, as_json=as_json, paths=paths, print0=print0)
