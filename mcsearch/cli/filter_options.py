"""The options that filter photos, created from FILTERS and shared by all commands that filter."""

import functools
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcsearch.cli import completing
from mcsearch.library.filtering.filters import FILTERS, NOT, UNDATED, Filter, Wanted

if TYPE_CHECKING:
    from mcsearch.ops.open_library import OpenLibrary

_HELP = """A photo must match all filters; for a repeated filter, one matching value is enough. Each filter has an
opposite: --not-in, --not-tag, --not-camera and so on."""
_UNDATED = inspect.Parameter(
    f"filter_{UNDATED}",
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    default=False,
    annotation=Annotated[
        bool,
        typer.Option(
            "--undated", help="For photos without a date, let --after, --before and --on use the file's time."
        ),
    ],
)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for every filter; its parameter `filters` receives their values."""
    options = {
        key: _option(key, name, filter_)
        for filter_ in FILTERS
        for key, name in ((filter_.key, filter_.name), (NOT + filter_.key, f"not-{filter_.name}"))
    } | {UNDATED: _UNDATED}

    @functools.wraps(command)
    def with_filters(**given: Any) -> None:
        wanted = {key: value for key, option in options.items() if (value := given.pop(option.name))}
        command(**given, filters=wanted)

    signature = inspect.signature(command)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += options.values() if parameter.name == "filters" else [parameter]
    with_filters.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_filters.__annotations__ = {}  # typer would evaluate them twice, and then take those of the signature
    with_filters.__doc__ = f"{inspect.getdoc(command)}\n\n{_HELP}"
    return with_filters


def say_if_nothing_is_left(opened: "OpenLibrary", model: str | None, filters: Wanted | None) -> bool:
    """Print on stderr which filter leaves no photo, if one does, and return whether that is so."""
    from mcsearch.ops.showing.nothing_left import why_nothing

    sentence = why_nothing(opened, filters, model) if filters else ""
    if sentence:
        print(f"mcsearch: {sentence}", file=sys.stderr)
    return bool(sentence)


def _option(key: str, name: str, filter_: Filter) -> inspect.Parameter:
    """Return the option for a filter, or for its opposite, which --help does not list."""
    # Two names of the opposite of a filter without a value: --not-damaged, like that of others, and --no-damaged.
    names = [f"--{name}"] + [f"--no-{filter_.name}"] * (filter_.metavar is None and key.startswith(NOT))
    option = typer.Option(
        *names, metavar=filter_.metavar, help=filter_.help, hidden=key.startswith(NOT),
        autocompletion=completing.OF_FILTERS.get(filter_.name),
    )  # fmt: skip
    kind = Annotated[bool, option] if filter_.metavar is None else Annotated[list[str] | None, option]
    default = False if filter_.metavar is None else None
    return inspect.Parameter(f"filter_{key}", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
