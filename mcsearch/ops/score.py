"""Score how well texts fit photos, by cosine and by the probability that the model was trained to predict."""

import os
from collections.abc import Iterator, Sequence

import numpy as np

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.embed import embed_images, embed_texts
from mcsearch.ops.model import ModelInUse
from mcsearch.paths import shown
from mcsearch.photos.formats import format_of
from mcsearch.records.answers import Score


def photos_and_texts(arguments: Sequence[str], texts: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Split arguments into photos and the texts that follow them, and return both, with `texts` added to the texts.

    Photos are the first argument, and the following ones that are files or have the suffix of a photo. Raises
    UsageError for a photo that does not exist or comes after a text, and when there are no photos or no texts.
    """
    others = (number for number, one in enumerate(arguments) if number and not _may_be_photo(one))
    first_text = next(others, len(arguments))
    photos, said = list(arguments[:first_text]), [*arguments[first_text:], *texts]
    for photo in photos:
        if not os.path.isfile(os.path.expanduser(photo)):
            raise UsageError(f"There is no photo {shown(photo)}.", hint="If it is a text, give it with --text.")
    for late in arguments[first_text:]:
        if format_of(late) is not None:
            raise UsageError(
                f"{shown(late)} comes after a text. Photos come first.", hint="If it is a text, give it with --text."
            )
    if not photos or not said:
        raise UsageError("Name a photo and then texts.", hint='For instance: mcsearch score photo.jpg "a dog" "a cat"')
    return photos, said


def _may_be_photo(argument: str) -> bool:
    return os.path.isfile(argument) or format_of(argument) is not None


def score_photos(
    model: ModelInUse,
    photos: Sequence[str | os.PathLike[str]],
    texts: Sequence[str],
    library: LibraryFile | None = None,
) -> Iterator[Score]:
    """Yield a score for every photo and text, photo by photo, in the order given.

    The probability is the softmax over the given texts at the checkpoint's logit scale (CLIP, Radford et al. 2021), or
    for a sigmoid model that of each text on its own (SigLIP, Zhai et al. 2023).
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
