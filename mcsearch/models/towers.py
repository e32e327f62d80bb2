"""The two towers, uint8 pixels → unit vectors and prompts → unit vectors, loaded in the way that is fastest here."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from mcsearch.models.catalog import Model
from mcsearch.models.converted import tower_cache
from mcsearch.models.converted.openvino_towers import DamagedTowerError, OpenVinoImageTower, OpenVinoTextTower
from mcsearch.models.converted.tower_cache import Converted, Kind
from mcsearch.models.engines import Engine, torch_on_cpu
from mcsearch.records.progress import Progress, no_progress, one_stage

Vectors = npt.NDArray[np.float32]
_Tower = TypeVar("_Tower")
# Converting took 28 s of processor time for mobileclip2-s0, 42 s for -s2 and 33 s for -b, which have 75, 99 and 150
# million parameters. It uses somewhat more than one core.
_CONVERSION, _MOST_MEASURED_M = "about 30 s", 150.0


class Tower(Protocol):
    """What both towers know of their checkpoint.

    `logit_scale` is its factor from cosines to logits; `logit_bias` is what a sigmoid model adds to them, None for a
    softmax model.
    """

    dimensions: int
    logit_scale: float
    logit_bias: float | None


@dataclass(frozen=True, slots=True)
class TowerFacts:
    """What a tower that is loaded elsewhere knows of its checkpoint."""

    dimensions: int
    logit_scale: float
    logit_bias: float | None

    @classmethod
    def of(cls, tower: Tower) -> Self:
        """Return the facts of a tower."""
        return cls(tower.dimensions, tower.logit_scale, tower.logit_bias)


class ImageTower(Tower, Protocol):
    """Embeds photos, on an engine."""

    engine: Engine

    def embed(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embed a batch: uint8 sRGB pixels (n, size, size, 3) → float32 unit vectors (n, dimensions)."""


class TextTower(Tower, Protocol):
    """Embeds prompts, on the CPU: a few in float32, which is ready soonest, many as fast as it agrees with float32."""

    def embed(self, prompts: Sequence[str]) -> Vectors:
        """Embed prompts → float32 unit vectors (n, dimensions), in the order given."""


def load_image_tower(
    model: Model, checkpoint: Path, engine: Engine, folder: Path | None = None, progress: Progress = no_progress
) -> ImageTower:
    """Load a model's image tower to run on an engine.

    `folder` keeps converted towers (tower_cache.towers_folder); the text tower is converted too, so that the first
    query need not wait for it. Converting is a stage of `progress`. On any engine, the vectors of the test patterns
    have a cosine of at least 0.9995 to those of torch in float32. Raises ModelError.
    """
    with_openvino = engine.runtime == "openvino"
    if folder is not None:
        if with_openvino:
            tower = _converted(
                folder, "image", engine.dtype, lambda: _convert(model, checkpoint, folder, progress, engine.dtype),
                lambda kept: OpenVinoImageTower(kept, engine),
            )  # fmt: skip
            if tower is not None:
                return tower
        elif tower_cache.read(folder, "text", "float32") is None:
            with contextlib.suppress(OSError):
                _convert(model, checkpoint, folder, progress)
    from mcsearch.models.reference.torch_towers import load_torch_image_tower

    return load_torch_image_tower(model, checkpoint, torch_on_cpu() if with_openvino else engine)


def load_text_tower(
    find: Callable[[], tuple[Model, Path]], folder: Path | None = None, progress: Progress = no_progress
) -> TextTower:
    """Load a model's text tower. The model and its checkpoint are looked for only if no converted tower is kept.

    Converting is a stage of `progress`. Raises ModelError.
    """
    if folder is not None:
        tower = _converted(folder, "text", "float32", lambda: _convert(*find(), folder, progress), OpenVinoTextTower)
        if tower is not None:
            return tower
    from mcsearch.models.reference.torch_towers import load_torch_text_tower

    return load_torch_text_tower(*find())


def embed_pixels(
    tower: ImageTower, pixels: Sequence[npt.NDArray[np.uint8]], room: npt.NDArray[np.uint8] | None = None
) -> npt.NDArray[np.float32]:
    """Embed photos (size, size, 3) and videos (frames, size, size, 3) → float32 unit vectors (n, dimensions).

    The vector of a video is the mean of its frames' vectors, at unit length. The batch is put together in `room`,
    (n or more, size, size, 3), if it is given: a tower may hold on to the memory of its last batches.
    """
    vectors = np.empty((len(pixels), tower.dimensions), np.float32)
    photos = [number for number, of_one in enumerate(pixels) if of_one.ndim == 3]
    if photos:
        out = None if room is None else room[: len(photos)]
        vectors[photos] = tower.embed(np.stack([pixels[number] for number in photos], out=out))
    for number, of_one in enumerate(pixels):
        if of_one.ndim == 4:
            mean = tower.embed(of_one.copy()).mean(axis=0)  # torch wants to be allowed to write
            vectors[number] = mean / np.linalg.norm(mean)
    return vectors


def _converted(
    folder: Path, kind: Kind, dtype: str, convert: Callable[[], None], load: Callable[[Converted], _Tower]
) -> _Tower | None:
    """Load a converted tower; convert it if it is missing or damaged. None if torch has to run it instead."""
    with contextlib.suppress(OSError):  # the cache cannot be written
        for _ in range(2):
            if tower_cache.read(folder, kind, dtype) is None:
                convert()
            kept = tower_cache.read(folder, kind, dtype)
            if kept is None or kept.dtype is None:
                return None
            try:
                return load(kept)
            except DamagedTowerError:
                tower_cache.drop(folder, kind, dtype)
    return None


def _convert(model: Model, checkpoint: Path, folder: Path, progress: Progress, image_dtype: str | None = None) -> None:
    with one_stage(progress, f"preparing {model.name} for this processor (once{_estimate(model)})"):
        from mcsearch.models.reference.conversion import convert  # imports torch

        convert(model, checkpoint, folder, image_dtype)


def _estimate(model: Model) -> str:
    """Return how long it takes to convert a model, as part of a stage; empty beyond the sizes that were measured."""
    published = model.published
    if published is None or published.image_parameters_m + published.text_parameters_m > _MOST_MEASURED_M:
        return ""
    return f", {_CONVERSION}"
