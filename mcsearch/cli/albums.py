"""mcsearch album and mcsearch albums, and the option --album of find."""

import functools
import inspect
import shlex
import sys
from collections.abc import Callable
from typing import Annotated, Any

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


def complete_album(incomplete: str) -> list[str]:
    """Return the names of the library's albums that begin like this, for completion in the shell."""
    from mcsearch import settings
    from mcsearch.errors import McsearchError

    if not settings.library_path(None).exists():
        return []
    try:
        with open_library(None) as opened:
            return [one.name for one in opened.file.albums.listed() if one.name.lower().startswith(incomplete.lower())]
    except McsearchError:
        return []


_CONTEXT = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
_ALBUM = inspect.Parameter(
    "album",
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    default=None,
    annotation=Annotated[
        str | None,
        typer.Option(
            "--album", metavar="NAME", help="Photos of this album; filters narrow it.", autocompletion=complete_album
        ),
    ],
)


def with_album(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the option --album, which fills in whatever the user did not give.

    The parameter `within` receives the filters of the album.
    """

    @functools.wraps(command)
    def with_option(context: typer.Context, **given: Any) -> None:
        name = given.pop("album")
        command(**(given if name is None else _filled_in(name, given, context)))

    signature = inspect.signature(command)
    parameters = [_CONTEXT, *(_ALBUM if one.name == "within" else one for one in signature.parameters.values())]
    with_option.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_option.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_option


def _filled_in(name: str, given: dict[str, Any], context: typer.Context) -> dict[str, Any]:
    """Return the arguments with those of an album in place of those that the user did not give."""
    from mcsearch.errors import UsageError
    from mcsearch.ops.finding.albums import album_named

    with open_library(given["library"]) as opened:
        saved = album_named(opened, name)
    if given["words"] and saved.query:
        raise UsageError(f"The album {shown(saved.name)} has a text already, so no other can be given.")
    filled = dict(given)
    filled["words"] = given["words"] or ([saved.query] if saved.query else None)
    for key in ("like", "not_text", "not_like"):
        filled[key] = [*getattr(saved, key), *(given[key] or ())]
    for key in ("limit", "min_score", "sort", "model"):
        if getattr(saved, key) is not None and not _is_given(key, context):
            filled[key] = getattr(saved, key)
    for key in ("relevant", "collapse"):
        filled[key] = given[key] or getattr(saved, key)
    return {**filled, "within": saved.filters}


def _is_given(option: str, context: typer.Context) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
