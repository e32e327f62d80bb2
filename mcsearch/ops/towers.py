"""Which model a command works with, and vectors for prompts: the cache first, the text tower if need be."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from mcsearch.errors import LibraryError, ModelError, NothingIndexedError, UsageError
from mcsearch.library.library import Library
from mcsearch.models import checkpoints
from mcsearch.models.converted.tower_cache import towers_folder
from mcsearch.models.lookup import find_model
from mcsearch.models.towers import TextTower, load_text_tower
from mcsearch.records import ModelRow

Vector = npt.NDArray[np.float32]


def indexed_model(library: Library, name: str | None) -> ModelRow:
    """The model to answer with: the one named, else the library's default.

    Raises NothingIndexedError when no photo is indexed, UsageError when the model named has none.
    """
    model = library.vectors.model(name)
    if model is None and name is not None and (there := library.vectors.model_names()):
        find_model(name)
        raise UsageError(f"No photo is indexed with {name}; this library has {', '.join(there)}.")
    if model is None or not library.photos.any():
        raise NothingIndexedError("No photos are indexed yet. Index some with: mcsearch index FOLDER")
    return model


def check_fingerprint(model: ModelRow, fingerprint: str, checkpoint: Path) -> None:
    """Raise ModelError when a checkpoint is another one than the library's embeddings were made with."""
    if model.fingerprint != fingerprint:
        raise ModelError(
            f"{checkpoint} is not the checkpoint of {model.name} that this library was indexed with, and their "
            "vectors cannot be compared. Use that checkpoint again with --weights FILE, or keep another library "
            "for this one with --library FILE."
        )


def encode_prompts(library: Library, model: ModelRow, prompts: Sequence[str]) -> dict[str, Vector]:
    """A float32 unit vector (dimensions,) for each prompt. Only what was never asked before loads the model."""
    found = library.vectors.prompts(model.id, prompts)
    missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in found]
    if missing:
        encoded = dict(zip(missing, _text_tower(library, model).embed(missing), strict=True))
        with contextlib.suppress(LibraryError), library.transaction():  # an answer is worth more than a cache
            library.vectors.add_prompts(model.id, encoded)
        found |= encoded
    return found


def _text_tower(library: Library, model: ModelRow) -> TextTower:
    """The text tower of a model, kept for as long as the library is: who asks once may ask again."""
    if (kept := library.loaded.get(model.fingerprint)) is not None:
        return cast("TextTower", kept)
    row = find_model(model.name)

    def find_checkpoint() -> Path:
        checkpoint = checkpoints.locate(row, Path(model.weights) if model.weights else None)
        check_fingerprint(model, checkpoints.fingerprint(row, checkpoint), checkpoint)
        return checkpoint

    tower = load_text_tower(row, find_checkpoint, towers_folder(library.cache, model.fingerprint))
    library.loaded[model.fingerprint] = tower
    return tower
