"""Options that several commands share, and how a command opens the library."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mcsearch import settings

if TYPE_CHECKING:
    from mcsearch.library.library_file import LibraryFile
    from mcsearch.ops.model import ModelInUse

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
def library_if_any(file: Path | None) -> "Iterator[LibraryFile | None]":
    """Open the library if there is one, for a command that works without."""
    if not settings.library_path(file).exists():
        yield None
        return
    with open_library(file) as opened:
        yield opened


def model_with_or_without_library(
    library: "LibraryFile | None", name: str | None, weights: Path | None, device: str
) -> "ModelInUse":
    """The model for a command that needs no library but uses what one knows."""
    from mcsearch.models.catalog import DEFAULT_MODEL
    from mcsearch.ops.model import ModelInUse, model_to_index_with

    if library is not None:
        return model_to_index_with(library, name, weights, device)
    return ModelInUse(name or DEFAULT_MODEL, weights=weights, device=device, cache=settings.cache_folder())


def open_library(file: Path | None, *, create: bool = False) -> "LibraryFile":
    """Open the library that a command works on."""
    from mcsearch.library.library_file import LibraryFile

    return LibraryFile(settings.library_path(file), create=create, cache=settings.cache_folder())
