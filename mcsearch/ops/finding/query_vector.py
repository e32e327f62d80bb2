"""A query of texts and photos → its vector: from the library where it knows them, else from the towers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.errors import ModelError
from mcsearch.library.library import Library
from mcsearch.models.prompts import BACKGROUND
from mcsearch.ops.towers import encode_prompts
from mcsearch.records import ModelRow
from mcsearch.search.query import Term, combined

Vector = npt.NDArray[np.float32]


def query_vector(library: Library, model: ModelRow, asked: Sequence[Term]) -> tuple[Vector, dict[str, Vector]]:
    """The float32 unit vector (dimensions,) of a query. Photos of the library are not decoded again.

    With it come the vectors of its texts and of the background prompts, which tell how relevant hits are; these are
    missing without texts, or without a model to encode them with. Raises UsageError for a photo that cannot be read.
    """
    texts = [term.text for term in asked if term.text is not None]
    photos = [term.photo for term in asked if term.photo is not None]
    encoded = _encoded(library, model, texts) if texts else {}
    embedded = iter(_embedded(library, model, photos) if photos else ())
    vectors = [encoded[term.text] if term.text is not None else next(embedded) for term in asked]
    return combined(asked, np.stack(vectors)), encoded


def _embedded(library: Library, model: ModelRow, photos: Sequence[str]) -> Vector:
    from mcsearch.ops.encoder import Encoder  # and all that decodes pictures

    return Encoder(model.name, library=library).embed_images(photos)


def _encoded(library: Library, model: ModelRow, texts: Sequence[str]) -> dict[str, Vector]:
    try:
        return encode_prompts(library, model, [*texts, *BACKGROUND])
    except ModelError:  # what was asked before is answered without a model, too
        return encode_prompts(library, model, texts)
