"""Options that several commands share, and functions that open the library for a command."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mcsearch import settings
from mcsearch.cli.completing import library_models

if TYPE_CHECKING:
    from mcsearch.library.library_file import LibraryFile
    from mcsearch.ops.model import ModelInUse
    from mcsearch.ops.open_library import OpenLibrary
    from mcsearch.records.progress import Progress

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="FILE",
        readable=False,  # opening the library gives a better error message than typer would
        help=f"The library file. [default: ${settings.LIBRARY_VARIABLE}, else the platform's data folder]",
    ),
]


ModelOption = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="The model. [default: the library's]", autocompletion=library_models),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]


WeightsOption = Annotated[
    Path | None, typer.Option("--weights", metavar="FILE", help="A checkpoint of the model, instead of a download.")
]
DeviceOption = Annotated[
    Literal["auto", "cuda", "mps", "cpu"],
    typer.Option("--device", help="Where the model runs; auto chooses the fastest."),
]
MegapixelsOption = Annotated[
    int | None,
    typer.Option(
        "--max-megapixels",
        metavar="N",
        help="Refuse larger pictures. [default: by memory, at least 250]",
    ),
]


@contextlib.contextmanager
def library_if_any(file: Path | None) -> "Iterator[LibraryFile | None]":
    """Open the library if it exists, or yield None, for a command that also works without a library."""
    if not settings.library_path(file).exists():
        yield None
        return
    with open_library(file) as opened:
        yield opened.file


def model_with_or_without_library(
    library: "LibraryFile | None", name: str | None, weights: Path | None, device: str, progress: "Progress"
) -> "ModelInUse":
    """Return the model for a command that works without a library, but uses one if it exists."""
    from mcsearch.models.catalog import DEFAULT_MODEL
    from mcsearch.ops.model import ModelInUse, model_to_index_with

    if library is not None:
        return model_to_index_with(library, name, weights, device, progress=progress)
    return ModelInUse(
        name or DEFAULT_MODEL, weights=weights, device=device, cache=settings.cache_folder(), progress=progress
    )


def open_library_to_index(file: Path | None, paths: Sequence[str], *, any_suffix: bool = False) -> "OpenLibrary":
    """Return the opened library for an index run; a missing one is created if the paths can be indexed."""
    if paths and not os.path.exists(settings.library_path(file)):
        from mcsearch.ops.indexing.places import check_is_place

        for path in paths:
            check_is_place(path, any_suffix=any_suffix)
    return open_library(file, create=bool(paths))


def open_library(file: Path | None, *, create: bool = False) -> "OpenLibrary":
    """Return the opened library that a command works on."""
    from mcsearch.library.library_file import LibraryFile
    from mcsearch.ops.open_library import OpenLibrary

    return OpenLibrary(LibraryFile(settings.library_path(file), create=create, cache=settings.cache_folder()))
