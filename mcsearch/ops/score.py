"""How well texts fit photos: cosines, and probabilities as the model was trained to give them."""

import os
from collections.abc import Iterator, Sequence

import numpy as np

from mcsearch.ops.encoder import Encoder
from mcsearch.records import Score


def score(encoder: Encoder, photos: Sequence[str | os.PathLike[str]], texts: Sequence[str]) -> Iterator[Score]:
    """A score for every photo and text, photo by photo, in the order given.

    The probability is the softmax over the texts given, at the checkpoint's logit scale (CLIP, Radford et
    al. 2021), or for a sigmoid model each text's own (SigLIP, Zhai et al. 2023).
    """
    images, said = encoder.embed_images(photos), encoder.embed_texts(texts)
    cosines = images @ said.T
    logits = encoder.logit_scale * cosines
    if encoder.logit_bias is None:
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
    else:
        probabilities = 1 / (1 + np.exp(-(logits + encoder.logit_bias)))
    for row, photo in enumerate(photos):
        for column, text in enumerate(texts):
            yield Score(os.fspath(photo), text, float(cosines[row, column]), float(probabilities[row, column]))
