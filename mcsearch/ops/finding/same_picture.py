"""Find contents that are the same picture: embeddings and hashes propose pairs, and signatures confirm them."""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.signing import signatures_of, signed
from mcsearch.records.progress import Progress
from mcsearch.search import cropping
from mcsearch.search.look_alikes import coarse_distances, hash_pairs
from mcsearch.search.pairs import near_pairs
from mcsearch.search.signatures import distances, likeness

Numbers = npt.NDArray[np.int64]

# Embeddings with at least this cosine propose a pair.
_NEAR_COSINE = 0.9
# A copy with the same frame differs in at most this many of 256 bits and has at least this likeness. Different
# pictures reach 0.81 (295 renderings of potatoes on black) and 0.58 (pages of text). Of brightened copies, 2 % are
# below 0.95; of 3,000 copies, only one of 17 × 30 pixels is below 0.88.
_SAME_BITS = 60
_SAME_LIKENESS = 0.88
# The limits for crops and borders. Different potatoes reach an agreement of 0.84, pages 0.70, photos 0.03; 2 % of
# crops are below 0.91. Only pairs that differ in at most _CROP_BITS of 64 bits are compared: of 150 pictures cropped by
# a tenth at one corner, one or two differ in more.
_CROP_BITS = 28
_CROP_AGREEMENT = 0.88
_AT_ONCE = 8192


class SamePictures:
    """Finds contents that are the same picture; contents are given as indices into `content_ids`."""

    def __init__(self, library: LibraryFile, content_ids: Numbers, progress: Progress) -> None:
        self._library, self._content_ids = library, content_ids
        self._signed, self._hashes = signed(library, content_ids, progress)
        self._place = np.full(len(content_ids), -1, np.int64)  # index of each content in _signed
        self._place[self._signed] = np.arange(len(self._signed))

    def pairs(self, rows: npt.NDArray[np.int8], scales: npt.NDArray[np.float32]) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield blocks of pairs that are the same picture; `rows` and `scales` are the packed embeddings."""
        by_embedding = near_pairs(rows[self._signed], scales[self._signed], _NEAR_COSINE)
        proposed = itertools.chain(((first, second) for first, second, _ in by_embedding), hash_pairs(self._hashes))
        for some_first, some_second in proposed:
            first, second = self._signed[some_first], self._signed[some_second]
            same = self.same(first, second)
            yield first[same], second[same]

    def near(self, centre: int, others: Numbers) -> npt.NDArray[np.bool_]:
        """Return a mask of the others that are the same picture as the centre."""
        return self.same(np.full(len(others), centre), others)

    def same(self, first: Numbers, second: Numbers) -> npt.NDArray[np.bool_]:
        """Return for every i whether first[i] and second[i] are the same picture."""
        parts = [
            self._settled(first[start : start + _AT_ONCE], second[start : start + _AT_ONCE])
            for start in range(0, len(first), _AT_ONCE)
        ]
        return np.concatenate([np.empty(0, bool), *parts])

    def _settled(self, first: Numbers, second: Numbers) -> npt.NDArray[np.bool_]:
        one, other = self._hashes[self._place[first]], self._hashes[self._place[second]]
        same = distances(one, other) <= _SAME_BITS
        framed = np.flatnonzero(same)
        same[framed] = likeness(self._of(first[framed]), self._of(second[framed])) >= _SAME_LIKENESS
        cut = np.flatnonzero(~same & (coarse_distances(one, other) <= _CROP_BITS))
        same[cut] = cropping.agreement(self._of(first[cut]), self._of(second[cut])) >= _CROP_AGREEMENT
        return same

    def _of(self, numbers: Numbers) -> npt.NDArray[np.int8]:
        return signatures_of(self._library, self._content_ids[numbers])
