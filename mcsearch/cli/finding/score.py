"""mcsearch score"""

import os
from typing import Annotated

import typer

from mcsearch.cli.options import (
    DeviceOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    WeightsOption,
    library_if_any,
    model_with_or_without_library,
)


def score(
    arguments: Annotated[
        list[str], typer.Argument(metavar="PHOTO... TEXT", help="Photos, then the texts to hold against them.")
    ],
    model: ModelOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Say how well each text fits a photo: the cosine, and the probability among the texts given.

    The first argument is a photo; so are those after it, up to the first that is no file. With one text
    there is nothing to compare, and a softmax model gives it probability 1. Needs no library.
    """
    from mcsearch.errors import UsageError
    from mcsearch.ops.score import score_photos
    from mcsearch.output import lines

    texts_from = next((number for number, text in enumerate(arguments) if number and not os.path.isfile(text)), None)
    if texts_from is None:
        raise UsageError('Name a photo and then texts, for instance: mcsearch score photo.jpg "a dog" "a cat"')
    photos, texts = arguments[:texts_from], arguments[texts_from:]
    with library_if_any(library) as opened:
        chosen = model_with_or_without_library(opened, model, weights, device)
        scores = list(score_photos(chosen, photos, texts, opened))
    for one in scores:
        if as_json:
            lines.write_json(one)
        else:
            lines.write_score(one, with_path=len(photos) > 1)
