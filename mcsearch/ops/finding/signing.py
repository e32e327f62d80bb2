"""Compute the signatures of photos, and store them in the library."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import LibraryError
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.workers.outcomes import Decoded
from mcsearch.photos.workers.pool import decode_all, processors
from mcsearch.records.embeddings import Framing
from mcsearch.records.progress import Progress
from mcsearch.search.signatures import BYTES, HASH_WORDS, PIXELS, Bits, Signatures, hashes, signature

_FRAMING = Framing(PIXELS, "bicubic", "squash")
_AT_ONCE = 256


def signed(
    library: LibraryFile, content_ids: npt.NDArray[np.int64], progress: Progress
) -> tuple[npt.NDArray[np.int64], Bits]:
    """Return the indices in `content_ids` of contents that have a signature, and their hashes (n, HASH_WORDS).

    An index run stores signatures. Missing ones are computed, where the file can be decoded, and stored. They
    describe the upright picture, or the middle frame of a video.
    """
    known = library.duplicates.with_signature()
    missing = [content_id for content_id in content_ids.tolist() if content_id not in known]
    for made in _computed(library, missing, progress):
        with contextlib.suppress(LibraryError), library.transaction():  # the search works even if they cannot be stored
            library.duplicates.add_signatures(made)
        known |= made.keys()
    places = np.array([place for place, number in enumerate(content_ids.tolist()) if number in known], np.int64)
    words = np.empty((len(places), HASH_WORDS), np.uint64)
    for start in range(0, len(places), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        words[some] = hashes(signatures_of(library, content_ids[places[some]]))
    return places, words


def signatures_of(library: LibraryFile, content_ids: npt.NDArray[np.int64]) -> Signatures:
    """Return the stored signatures of these contents, (n, BYTES), with zeros for contents without one."""
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
