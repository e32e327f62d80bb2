"""Compute the vector of a query of texts and photos, reusing the vectors that the library already has."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import ModelError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import BACKGROUND
from mcsearch.ops.model import ModelInUse
from mcsearch.search.query import Term, combined

Vector = npt.NDArray[np.float32]


def query_vector(
    library: LibraryFile, model: ModelInUse, asked: Sequence[Term], pictures: Mapping[str, Vector] | None = None
) -> tuple[Vector, Vector, dict[str, Vector]]:
    """Return the float32 unit vectors of a query (dimensions,), of its terms, and of its texts and background prompts.

    Those of terms are rows. The last, by prompt, serve to judge how relevant hits are; the background is missing if no
    model is available to encode it.
    Photos of the library are not decoded again. With `pictures`, a term's photo is one of its keys, and no file is
    read. Raises UsageError for a photo that cannot be read.
    """
    texts = [term.text for term in asked if term.text is not None]
    photos = [term.photo for term in asked if term.photo is not None]
    encoded = _encoded(model, texts) if texts else {}
    if pictures is None:
        pictures = dict(zip(photos, _embedded(library, model, photos), strict=True)) if photos else {}
    vectors = np.stack([pictures[term.photo] if term.photo is not None else encoded[term.text or ""] for term in asked])
    return combined(asked, vectors), vectors, encoded


def _embedded(library: LibraryFile, model: ModelInUse, photos: Sequence[str]) -> Vector:
    from mcsearch.ops.embed import embed_images  # imported late, because it loads the image decoders

    return embed_images(model, photos, library)


def _encoded(model: ModelInUse, texts: Sequence[str]) -> dict[str, Vector]:
    try:
        return model.encode_prompts([*texts, *BACKGROUND])
    except ModelError:  # without a model, texts that were encoded before still work
        return model.encode_prompts(texts)
