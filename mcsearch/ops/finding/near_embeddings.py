"""Find contents whose embeddings are near to each other."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mcsearch.library.library_file import LibraryFile
from mcsearch.records.embeddings import IndexedModel
from mcsearch.search.packing.quantise import ERROR_PER_SCALE
from mcsearch.search.pairs import near_pairs

Numbers = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float32]


class NearEmbeddings:
    """Finds contents with a cosine of at least `wanted`; contents are given as indices into `content_ids`.

    `rows` and `scales` are the packed embeddings. Pairs too close to call are decided by the exact embeddings.
    """

    def __init__(
        self,
        library: LibraryFile,
        model: IndexedModel,
        content_ids: Numbers,
        rows: npt.NDArray[np.int8],
        scales: Cosines,
        wanted: float,
    ) -> None:
        self._library, self._model, self._content_ids = library, model, content_ids
        self._rows, self._scales, self._wanted = rows, scales, wanted
        # The largest error of a cosine of packed rows.
        self._slack = float(2 * ERROR_PER_SCALE * scales.max(initial=0))

    def pairs(self) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield blocks of pairs as two arrays of indices. See search/pairs.py for which pairs may be missed."""
        for first, second, cosines in near_pairs(self._rows, self._scales, self._wanted - self._slack):
            sure = self._settled(first, second, cosines)
            yield first[sure], second[sure]

    def near(self, centre: int, others: Numbers) -> npt.NDArray[np.bool_]:
        """Return a mask of the others that are near to the centre."""
        products = self._rows[others].astype(np.float32) @ self._rows[centre].astype(np.float32)
        cosines = products * self._scales[others] * self._scales[centre]
        return self._settled(np.full(len(others), centre), others, cosines)

    def _settled(self, first: Numbers, second: Numbers, cosines: Cosines) -> npt.NDArray[np.bool_]:
        sure = cosines >= self._wanted + self._slack
        unsure = np.flatnonzero(~sure & (cosines >= self._wanted - self._slack))
        if not len(unsure):
            return sure
        numbers, places = np.unique(np.concatenate([first[unsure], second[unsure]]), return_inverse=True)
        wanted = self._content_ids[numbers].tolist()
        vectors = self._library.embeddings.of_contents(self._model, wanted).astype(np.float64)
        exact = (vectors[places[: len(unsure)]] * vectors[places[len(unsure) :]]).sum(axis=1)
        sure[unsure] = exact >= self._wanted - 1e-6
        return sure
