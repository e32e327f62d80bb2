"""Options that several commands share, and how a command opens the library."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mcsearch import settings

if TYPE_CHECKING:
    from mcsearch.library.library import Library

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="FILE",
        readable=False,  # the library says itself what is amiss
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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


WeightsOption = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="A checkpoint of the model, instead of a download.")
]
DeviceOption = Annotated[
    Literal["auto", "cuda", "mps", "cpu"],
    typer.Option("--device", help="Where the model runs; auto takes the fastest."),
]


@contextlib.contextmanager
def library_if_any(file: Path | None) -> "Iterator[Library | None]":
    """The library, if there is one, for a command that needs none."""
    if not settings.library_path(file).exists():
        yield None
        return
    with open_library(file) as opened:
        yield opened


def open_library(file: Path | None, *, create: bool = False) -> "Library":
    """Open the library a command works on."""
    from mcsearch.library.library import Library

    return Library(settings.library_path(file), create=create, cache=settings.cache_folder())
