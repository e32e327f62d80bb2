"""mcsearch album and mcsearch albums"""

import shlex
import sys
from typing import Annotated

import typer

from mcsearch.cli.filter_options import filtered
from mcsearch.cli.finding.hits import (
    CollapseOption,
    LikeOption,
    LimitOption,
    MinScoreOption,
    NotLikeOption,
    NotOption,
    RelevantOption,
    SortOption,
)
from mcsearch.cli.options import JsonOption, LibraryOption, ModelOption, open_library
from mcsearch.library.filtering.filters import Wanted
from mcsearch.paths import shown


@filtered
def album(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the album.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD...", help="What the photo shows, in words.")
    ] = None,
    like: LikeOption = None,
    not_text: NotOption = None,
    not_like: NotLikeOption = None,
    limit: LimitOption = 10,
    min_score: MinScoreOption = -1.0,
    relevant: RelevantOption = False,
    collapse: CollapseOption = False,
    sort: SortOption = None,
    filters: Wanted | None = None,
    model: ModelOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an album of the same name.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the album. Its photos stay.")] = False,
    library: LibraryOption = None,
) -> None:
    """Save a query under a name, with its filters and options, for `mcsearch find --album NAME`."""
    from mcsearch.errors import UsageError
    from mcsearch.ops.finding.albums import delete_album, save_album

    if "-" in (*(like or ()), *(not_like or ())):
        raise UsageError("An album cannot keep a photo from standard input. Name a file.")
    with open_library(library) as opened:
        if delete:
            if words or like or not_text or not_like or filters:
                raise UsageError("--delete takes only the name of the album.")
            delete_album(opened, name)
            print(f"mcsearch: Deleted the album {shown(name)}. Its photos stay.", file=sys.stderr)
            return
        saved = save_album(
            opened, name, " ".join(words or ()), like=like or (), not_text=not_text or (), not_like=not_like or (),
            filters=filters, limit=limit, min_score=min_score, relevant=relevant, collapse=collapse, sort=sort,
            model=model, replace=replace,
        )  # fmt: skip
    again = f"mcsearch find --album {shlex.quote(saved.name)}"
    print(f"mcsearch: Saved the album {shown(saved.name)}. To see it: {shown(again)}", file=sys.stderr)


def albums(as_json: JsonOption = False, library: LibraryOption = None) -> None:
    """List the saved albums with their queries."""
    from mcsearch.ops.finding.albums import list_albums
    from mcsearch.output import lines
    from mcsearch.output.albums import album_lines

    with open_library(library) as opened:
        listed = list_albums(opened)
    if as_json:
        for one in listed:
            lines.write_json(one)
        return
    for line in album_lines(listed):
        lines.write(line)
    if not listed:
        print('mcsearch: No album is saved. To save one: mcsearch album NAME "a dog"', file=sys.stderr)
