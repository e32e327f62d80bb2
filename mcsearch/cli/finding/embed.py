"""mcsearch embed"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mcsearch.cli.options import (
    DeviceOption,
    LibraryOption,
    ModelOption,
    WeightsOption,
    library_if_any,
    model_with_or_without_library,
)


def embed(
    photos: Annotated[list[str] | None, typer.Argument(metavar="PHOTO...", help="Photos.")] = None,
    text: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="A text.")] = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    npy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one .npy array, photos first, instead of JSON.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Print the unit vectors of photos and texts, one JSON object per line.

    No library is needed, but photos that the library has embedded are not decoded again.
    """
    from mcsearch.errors import UsageError
    from mcsearch.ops.embed import embed_images, embed_texts
    from mcsearch.output import lines
    from mcsearch.output.counts import counted
    from mcsearch.output.progress import progress_bar

    photos, texts = photos or [], text or []
    if not photos and not texts:
        raise UsageError("Name photos to embed, or give texts with --text.")
    with library_if_any(library) as opened, progress_bar() as progress:
        chosen = model_with_or_without_library(opened, model, weights, device, progress)
        images, said = embed_images(chosen, photos, opened), embed_texts(chosen, texts)
    if npy is not None:
        import numpy as np

        try:
            with npy.open("wb") as file:
                np.save(file, np.concatenate([images, said]))
        except OSError as error:
            raise UsageError(f"{npy} cannot be written: {error.strerror}.") from error
        print(f"mcsearch: {counted(len(images) + len(said), 'vector')} written to {npy}.", file=sys.stderr)
        return
    for path, vector in zip(photos, images, strict=True):
        lines.write_json({"path": path, "model": chosen.name, "vector": vector.tolist()})
    for one, vector in zip(texts, said, strict=True):
        lines.write_json({"text": one, "model": chosen.name, "vector": vector.tolist()})
