"""Embed photos and texts, reusing the vectors that the library already has."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.towers import embed_pixels
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import absolute
from mcsearch.photos.scan import mtime_ns
from mcsearch.photos.workers.outcomes import Undecodable
from mcsearch.photos.workers.pool import decode_all, processors
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

# The number of photos decoded before they are embedded, which limits the memory used.
_AT_ONCE = 64


def embed_images(
    model: ModelInUse, images: "Sequence[str | os.PathLike[str] | Image]", library: LibraryFile | None = None
) -> Vectors:
    """Return float32 unit vectors (n, dimensions) for photo files or Pillow images, in the order given.

    Photos that the library has embedded are not decoded again, and their files may be missing. Raises ModelError, and
    UsageError for a file that cannot be read.
    """
    vectors = np.empty((len(images), model.dimensions), np.float32)
    missing: list[int] = []
    for number, image in enumerate(images):
        known = _embedding(model, image, library) if isinstance(image, str | os.PathLike) else None
        if known is None:
            missing.append(number)
        else:
            vectors[number] = known
    for start in range(0, len(missing), _AT_ONCE):
        some = missing[start : start + _AT_ONCE]
        pixels = _decode([images[number] for number in some], model.entry.preprocessing.framing)
        tower = model.image_tower
        for begin in range(0, len(some), tower.engine.batch_size):
            end = begin + tower.engine.batch_size
            vectors[some[begin:end]] = embed_pixels(tower, pixels[begin:end])
    return vectors


def embed_texts(model: ModelInUse, texts: Sequence[str]) -> Vectors:
    """Return float32 unit vectors (n, dimensions) for texts, in the order given. Raises ModelError."""
    encoded = model.encode_prompts(texts) if texts else {}
    return np.stack([encoded[text] for text in texts]) if texts else np.empty((0, model.dimensions), np.float32)


def _embedding(model: ModelInUse, image: str | os.PathLike[str], library: LibraryFile | None) -> Vectors | None:
    if library is None or model.indexed is None:
        return None
    path = library.spelled(image)
    try:
        seen = os.stat(path)
    except OSError:
        return library.embeddings.of_missing(path, model.indexed)
    return library.embeddings.of_photo(ScannedFile(path, seen.st_size, mtime_ns(seen)), model.indexed)


def _decode(images: "Sequence[str | os.PathLike[str] | Image]", framing: Framing) -> list[Pixels]:
    """Return uint8 pixels, (size, size, 3) for each image and (frames, size, size, 3) for each video.

    Files are decoded in worker processes.
    """
    pixels = [np.empty(0, np.uint8)] * len(images)
    files: dict[str, list[int]] = {}
    for number, image in enumerate(images):
        if isinstance(image, str | os.PathLike):
            files.setdefault(absolute(image), []).append(number)
        else:
            from mcsearch.photos.pixels.decode import from_image

            pixels[number] = from_image(image, framing)
    scanned = [ScannedFile(path, 0, 0) for path in files]
    for outcome in decode_all(scanned, framing, min(len(scanned), processors())):
        if isinstance(outcome, Undecodable):
            raise UsageError(f"{outcome.file.path}: {outcome.reason}.")
        for number in files[outcome.file.path]:
            pixels[number] = outcome.pixels
    return pixels
