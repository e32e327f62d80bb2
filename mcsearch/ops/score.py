"""How well texts fit photos: cosines, and probabilities as the model was trained to give them."""

import os
from collections.abc import Iterator, Sequence

import numpy as np

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.embed import embed_images, embed_texts
from mcsearch.ops.model import ModelInUse
from mcsearch.records import Score


def score_photos(
    model: ModelInUse,
    photos: Sequence[str | os.PathLike[str]],
    texts: Sequence[str],
    library: LibraryFile | None = None,
) -> Iterator[Score]:
    """Yield a score for every photo and text, photo by photo, in the order given.

    The probability is the softmax over the texts given, at the checkpoint's logit scale (CLIP, Radford et
    al. 2021), or for a sigmoid model each text's own (SigLIP, Zhai et al. 2023).
    """
    images, said = embed_images(model, photos, library), embed_texts(model, texts)
    cosines = images @ said.T
    logits = model.logit_scale * cosines
    if model.logit_bias is None:
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
    else:
        probabilities = 1 / (1 + np.exp(-(logits + model.logit_bias)))
    for row, photo in enumerate(photos):
        for column, text in enumerate(texts):
            yield Score(os.fspath(photo), text, float(cosines[row, column]), float(probabilities[row, column]))
