"""Perceptual hashes of photos: kept in the library, and computed for those that have none yet."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import LibraryError
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.workers.pool import Decoded, decode_all, processors
from mcsearch.records import Framing, Progress

# Pixels of the square that a whole picture is squeezed into; a pHash (Zauner 2010) keeps less of it.
_FRAMING = Framing(64, "bicubic", "squash")
_AT_ONCE = 256


def perceptual_hashes(library: LibraryFile, content_ids: Sequence[int], progress: Progress) -> dict[int, int]:
    """The pHash, 64 bits, of each of these contents whose file can be read and is still what was indexed.

    A file is decoded only once: its hash is kept. It is that of the upright picture, of a video that of a frame.
    """
    found = library.duplicates.hashes(content_ids)
    missing = [content_id for content_id in content_ids if content_id not in found]
    for hashes in _computed(library, missing, progress):
        with contextlib.suppress(LibraryError), library.transaction():  # an answer is worth more than a cache
            library.duplicates.add_hashes(hashes)
        found |= hashes
    return found


def _computed(library: LibraryFile, content_ids: Sequence[int], progress: Progress) -> Iterator[dict[int, int]]:
    if not content_ids:
        return
    for start in range(0, len(content_ids), _AT_ONCE):
        progress("comparing", start, len(content_ids))
        files = {
            file.path: (content_id, content_hash, file)
            for content_id, content_hash, file in library.duplicates.files(content_ids[start : start + _AT_ONCE])
        }
        hashes = {}
        for outcome in decode_all((file for _, _, file in files.values()), _FRAMING, processors()):
            content_id, content_hash, _ = files[outcome.file.path]
            if isinstance(outcome, Decoded) and outcome.content_hash == content_hash:
                hashes[content_id] = _hash(outcome.pixels)
        yield hashes


def _hash(pixels: npt.NDArray[np.uint8]) -> int:
    import imagehash
    from PIL import Image

    picture = pixels if pixels.ndim == 3 else pixels[len(pixels) // 2]
    return int(str(imagehash.phash(Image.fromarray(picture))), 16)
