"""Signatures of photos: kept in the library, and computed for those that have none yet."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import LibraryError
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.workers.pool import Decoded, decode_all, processors
from mcsearch.records import Framing, Progress
from mcsearch.search.signatures import BYTES, HASH_WORDS, PIXELS, Bits, Signatures, hashes, signature

_FRAMING = Framing(PIXELS, "bicubic", "squash")
_AT_ONCE = 256


def signed(
    library: LibraryFile, content_ids: npt.NDArray[np.int64], progress: Progress
) -> tuple[npt.NDArray[np.int64], Bits]:
    """The places in `content_ids` whose signature is known or can be made, and the hashes of these (n, HASH_WORDS).

    A file is decoded only once: its signature is kept. It is that of the upright picture, of a video that of a frame.
    """
    known = library.duplicates.with_signature()
    missing = [content_id for content_id in content_ids.tolist() if content_id not in known]
    for made in _computed(library, missing, progress):
        with contextlib.suppress(LibraryError), library.transaction():  # an answer is worth more than a cache
            library.duplicates.add_signatures(made)
        known |= made.keys()
    places = np.array([place for place, number in enumerate(content_ids.tolist()) if number in known], np.int64)
    words = np.empty((len(places), HASH_WORDS), np.uint64)
    for start in range(0, len(places), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        words[some] = hashes(signatures_of(library, content_ids[places[some]]))
    return places, words


def signatures_of(library: LibraryFile, content_ids: npt.NDArray[np.int64]) -> Signatures:
    """The kept signatures of these contents, (n, BYTES); zeros where there is none."""
    distinct, places = np.unique(content_ids, return_inverse=True)
    found = library.duplicates.signatures(distinct.tolist())
    joined = b"".join(found.get(content_id, bytes(BYTES)) for content_id in distinct.tolist())
    return np.frombuffer(joined, np.int8).reshape(-1, BYTES)[places]


def _computed(library: LibraryFile, content_ids: Sequence[int], progress: Progress) -> Iterator[dict[int, bytes]]:
    for start in range(0, len(content_ids), _AT_ONCE):
        progress("comparing", start, len(content_ids))
        files = {
            file.path: (content_id, content_hash, file)
            for content_id, content_hash, file in library.duplicates.files(content_ids[start : start + _AT_ONCE])
        }
        made = {}
        for outcome in decode_all((file for _, _, file in files.values()), _FRAMING, processors()):
            content_id, content_hash, _ = files[outcome.file.path]
            if isinstance(outcome, Decoded) and outcome.content_hash == content_hash:
                pixels = outcome.pixels if outcome.pixels.ndim == 3 else outcome.pixels[len(outcome.pixels) // 2]
                made[content_id] = signature(pixels).tobytes()
        yield made
