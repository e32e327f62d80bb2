"""Options that several commands share, and how a command opens the library."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcsearch import settings

if TYPE_CHECKING:
    from mcsearch.api import Library

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="FILE",
        help=f"The library file. [default: ${settings.LIBRARY_VARIABLE}, else the platform's data folder]",
    ),
]


def complete_model(incomplete: str) -> list[str]:
    """Model names for the shell."""
    from mcsearch.models.catalog import MODELS

    return [name for name in MODELS if name.startswith(incomplete)]


ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model. [default: the library's]", autocompletion=complete_model),
]
FolderOption = Annotated[
    str | None, typer.Option("--in", metavar="DIR", help="Only photos in this folder, at any depth.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def open_library(file: Path | None, *, create: bool = False) -> "Library":
    """Open the library a command works on."""
    from mcsearch.api import Library

    return Library(file, create=create)
