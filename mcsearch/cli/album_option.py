"""The option --album, which answers with a saved query."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from mcsearch.cli.options import open_library
from mcsearch.paths import shown


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
    with_option.__annotations__ = {}  # as in filter_options.py
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
