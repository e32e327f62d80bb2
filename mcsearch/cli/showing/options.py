"""The options of find and similar that show hits in other ways, and the Ways that a command receives."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from mcsearch.records.record import Record


class Ways(Record):
    """The ways to show hits that were asked for; all are off by default."""

    preview: bool = False
    sheet: Path | None = None
    open: bool = False
    copy_to: str | None = None
    link_to: str | None = None


NO_WAYS = Ways()

SheetOption = Annotated[
    Path | None, typer.Option("--sheet", metavar="FILE", help="Also write a contact sheet: a .html, .jpg or .png file.")
]
_OPTIONS: dict[str, Any] = {
    "preview": Annotated[bool, typer.Option("--preview", help="Show thumbnails beside the hits, on a terminal.")],
    "sheet": SheetOption,
    "open": Annotated[
        bool, typer.Option("--open", help="Also open the hit in the system's viewer, or several as a contact sheet.")
    ],
    "copy_to": Annotated[
        str | None, typer.Option("--copy-to", metavar="DIR", help="Also copy the hits into a folder.")
    ],
    "link_to": Annotated[
        str | None, typer.Option("--link-to", metavar="DIR", help="Also make links to the hits in a folder.")
    ],
}


def with_ways(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for each of the Ways; its parameter `ways` receives their values."""

    @functools.wraps(command)
    def with_options(**given: Any) -> None:
        ways = Ways(**{name: given.pop(f"show_{name}") for name in _OPTIONS})
        command(**given, ways=ways)

    signature = inspect.signature(command)
    added = [
        inspect.Parameter(
            f"show_{name}",
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=getattr(NO_WAYS, name),
            annotation=annotation,
        )
        for name, annotation in _OPTIONS.items()
    ]
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += added if parameter.name == "ways" else [parameter]
    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {}  # as in filter_options.py
    return with_options
