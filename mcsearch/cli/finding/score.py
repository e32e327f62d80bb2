"""mcsearch score"""

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
        list[str], typer.Argument(metavar="PHOTO... TEXT...", help="Photos, then the texts to compare them with.")
    ],
    text: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="A text.")] = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    library: LibraryOption = None,
) -> None:
    """Show how well each text fits a photo: the cosine, and the probability among the given texts.

    The first argument is a photo, and so are those after it that are files or have the suffix of a photo. The rest are
    texts; use --text for a text that looks like a photo. With only one text there is nothing to compare, so a softmax
    model gives it probability 1. No library is needed.
    """
    from mcsearch.ops.score import photos_and_texts, score_photos
    from mcsearch.output import lines
    from mcsearch.output.progress import progress_bar

    photos, texts = photos_and_texts(arguments, text or [])
    with library_if_any(library) as opened, progress_bar() as progress:
        chosen = model_with_or_without_library(opened, model, weights, device, progress)
        scores = list(score_photos(chosen, photos, texts, opened))
    for one in scores:
        if as_json:
            lines.write_json(one)
        else:
            lines.write_score(one, with_path=len(photos) > 1)
