"""The options that filter photos, made from FILTERS: the same on every command that takes them."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from mcsearch.library.filtering.filters import FILTERS, NOT, UNDATED, Filter

_HELP = """Different filters must all hold; of a repeated filter, one value must hold. Each has an opposite: --not-in,
--not-tag, --not-camera and so on."""
_UNDATED = inspect.Parameter(
    f"filter_{UNDATED}",
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    default=False,
    annotation=Annotated[
        bool,
        typer.Option(
            "--undated", help="Let --after, --before and --on take a file's time of change for a lacking date."
        ),
    ],
)


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of all filters; their values arrive in its parameter `filters`."""
    options = {
        key: _option(key, name, row)
        for row in FILTERS
        for key, name in ((row.key, row.name), (NOT + row.key, f"not-{row.name}"))
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
    with_filters.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    with_filters.__doc__ = f"{inspect.getdoc(command)}\n\n{_HELP}"
    return with_filters


def _option(key: str, name: str, row: Filter) -> inspect.Parameter:
    """Make the option of a filter, or of its opposite, which --help does not list."""
    option = typer.Option(f"--{name}", metavar=row.metavar, help=row.help, hidden=key.startswith(NOT))
    kind = Annotated[bool, option] if row.metavar is None else Annotated[list[str] | None, option]
    default = False if row.metavar is None else None
    return inspect.Parameter(f"filter_{key}", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind)
