"""The two towers: uint8 pixels → unit vectors, prompts → unit vectors; loaded the way that is fastest here."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from mcsearch.models import converted
from mcsearch.models.catalog import Model
from mcsearch.models.converted import Converted, Kind
from mcsearch.models.engines import Engine, torch_on_cpu
from mcsearch.models.openvino_towers import DamagedTowerError, OpenVinoImageTower, OpenVinoTextTower

Vectors = npt.NDArray[np.float32]
_Tower = TypeVar("_Tower")


class Tower(Protocol):
    """What both towers know: the checkpoint's own factor from cosines to logits, `logit_scale`, and what a sigmoid
    model adds to them, `logit_bias` (None for a softmax model).
    """

    dimensions: int
    logit_scale: float
    logit_bias: float | None


class ImageTower(Tower, Protocol):
    """Embeds photos, on an engine."""

    engine: Engine

    def embed(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embed a batch: uint8 sRGB pixels (n, size, size, 3) → float32 unit vectors (n, dimensions)."""


class TextTower(Tower, Protocol):
    """Embeds prompts, on the CPU in float32: for a few prompts nothing starts sooner."""

    def embed(self, prompts: Sequence[str]) -> Vectors:
        """Embed prompts → float32 unit vectors (n, dimensions), in the order given."""


def load_image_tower(model: Model, checkpoint: Path, engine: Engine, folder: Path | None = None) -> ImageTower:
    """Load a model's image tower to run on an engine.

    `folder` keeps converted towers (converted.towers_folder); the text tower is converted on the way, so that the
    first query need not wait for it. Whatever the engine, answers to some patterns have a cosine of 0.9995 or more
    to those of torch in float32. Raises ModelError.
    """
    with_openvino = engine.runtime == "openvino"
    if folder is not None:
        if with_openvino:
            tower = _converted(
                folder, "image", engine.dtype, lambda: _convert(model, checkpoint, folder, engine.dtype),
                lambda kept: OpenVinoImageTower(kept, engine),
            )  # fmt: skip
            if tower is not None:
                return tower
        elif converted.read(folder, "text", "float32") is None:
            with contextlib.suppress(OSError):
                _convert(model, checkpoint, folder)
    from mcsearch.models.torch_towers import load_torch_image_tower

    return load_torch_image_tower(model, checkpoint, torch_on_cpu() if with_openvino else engine)


def load_text_tower(model: Model, find_checkpoint: Callable[[], Path], folder: Path | None = None) -> TextTower:
    """Load a model's text tower. The checkpoint is only looked for where the folder keeps no converted tower.

    Raises ModelError.
    """
    if folder is not None:
        tower = _converted(
            folder, "text", "float32", lambda: _convert(model, find_checkpoint(), folder), OpenVinoTextTower
        )
        if tower is not None:
            return tower
    from mcsearch.models.torch_towers import load_torch_text_tower

    return load_torch_text_tower(model, find_checkpoint())


def _converted(
    folder: Path, kind: Kind, dtype: str, convert: Callable[[], None], load: Callable[[Converted], _Tower]
) -> _Tower | None:
    """A converted tower, made if it is missing and made again if it is damaged. None where torch has to do."""
    with contextlib.suppress(OSError):  # the cache cannot be written
        for _ in range(2):
            if converted.read(folder, kind, dtype) is None:
                convert()
            kept = converted.read(folder, kind, dtype)
            if kept is None or kept.dtype is None:
                return None
            try:
                return load(kept)
            except DamagedTowerError:
                converted.drop(folder, kind, dtype)
    return None


def _convert(model: Model, checkpoint: Path, folder: Path, image_dtype: str | None = None) -> None:
    from mcsearch.models.conversion import convert  # imports torch

    convert(model, checkpoint, folder, image_dtype)
