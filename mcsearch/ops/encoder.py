"""Vectors for photos and texts: from the library where it has them, else from the towers."""

import os
import queue
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mcsearch.errors import UsageError
from mcsearch.library.library import Library
from mcsearch.models import checkpoints
from mcsearch.models.catalog import DEFAULT_MODEL
from mcsearch.models.converted.tower_cache import towers_folder
from mcsearch.models.engines import choose_engine
from mcsearch.models.lookup import find_model
from mcsearch.models.towers import ImageTower, TextTower, embed_pixels, load_image_tower, load_text_tower
from mcsearch.ops.towers import check_fingerprint, encode_prompts
from mcsearch.paths import absolute
from mcsearch.photos.scan import mtime_ns
from mcsearch.photos.workers.pool import Decoded, DecodePool, Outcome, Undecodable, processors
from mcsearch.records import ScannedFile

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors = npt.NDArray[np.float32]

# Photos that are decoded before they are embedded: what bounds the memory.
_AT_ONCE = 64


class Encoder:
    """A model that embeds photos and texts. Towers are loaded when they are first needed.

    With a library, photos it knows and texts it has been asked are not computed again. Without
    `model` it is the library's own, else DEFAULT_MODEL. Converted towers are kept in the library's cache, without
    one in `cache`. Raises UsageError for an unknown model.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        weights: Path | None = None,
        device: str = "auto",
        library: Library | None = None,
        cache: Path | None = None,
    ) -> None:
        row = library.vectors.model(model) if library is not None else None
        self._library, self._known, self._device = library, row, device
        self._cache = library.cache if library is not None else cache
        self._model = find_model(row.name if row is not None else model or DEFAULT_MODEL)
        self._weights = weights or (Path(row.weights) if row is not None and row.weights else None)
        if weights is not None:
            self._find_checkpoint()  # another checkpoint than the library's is refused before anything is looked up
        self._image_tower: ImageTower | None = None
        self._text_tower: TextTower | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def dimensions(self) -> int:
        """The length of its vectors."""
        return self._model.dimensions

    @property
    def logit_scale(self) -> float:
        """The checkpoint's own factor from cosines to logits."""
        return self._scales()[0]

    @property
    def logit_bias(self) -> float | None:
        """What a sigmoid model adds to its logits; None for a softmax model."""
        return self._scales()[1]

    def embed_images(self, images: "Sequence[str | os.PathLike[str] | Image]") -> Vectors:
        """Embed photo files or Pillow images → float32 unit vectors (n, dimensions), in the order given.

        Raises UsageError, naming it, for a file that cannot be read, and ModelError.
        """
        vectors = np.empty((len(images), self.dimensions), np.float32)
        missing: list[int] = []
        for number, image in enumerate(images):
            known = self._from_library(image) if isinstance(image, str | os.PathLike) else None
            if known is None:
                missing.append(number)
            else:
                vectors[number] = known
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            pixels = self._decode([images[number] for number in some])
            tower = self._images()
            for begin in range(0, len(some), tower.engine.batch_size):
                end = begin + tower.engine.batch_size
                vectors[some[begin:end]] = embed_pixels(tower, pixels[begin:end])
        return vectors

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Embed texts → float32 unit vectors (n, dimensions), in the order given. Raises ModelError."""
        if self._library is not None and self._known is not None:
            encoded = encode_prompts(self._library, self._known, texts)
            return np.stack([encoded[text] for text in texts]) if texts else np.empty((0, self.dimensions), np.float32)
        return self._texts().embed(texts)

    def _from_library(self, image: str | os.PathLike[str]) -> Vectors | None:
        if self._library is None or self._known is None:
            return None
        file = _scanned(image)
        return self._library.vectors.of_photo(file, self._known) if file is not None else None

    def _decode(self, images: "Sequence[str | os.PathLike[str] | Image]") -> list[npt.NDArray[np.uint8]]:
        """The uint8 pixels of images, (size, size, 3) or of a video a few times that. Worker processes decode files."""
        wanted = self._model.preprocessing
        pixels = [np.empty(0, np.uint8)] * len(images)
        files: dict[str, list[int]] = {}
        for number, image in enumerate(images):
            if isinstance(image, str | os.PathLike):
                files.setdefault(absolute(image), []).append(number)
            else:
                from mcsearch.photos.pixels.decode import from_image

                pixels[number] = from_image(image, wanted.size, wanted.interpolation, wanted.resize_mode)
        if not files:
            return pixels
        outcomes: queue.Queue[Outcome] = queue.Queue()
        pool = DecodePool(
            min(len(files), processors()),
            wanted.size,
            wanted.interpolation,
            outcomes.put,
            resize_mode=wanted.resize_mode,
        )
        try:
            for path in files:
                pool.submit(ScannedFile(path, 0, 0), decode=True)
            for _ in files:
                outcome = outcomes.get()
                if isinstance(outcome, OSError):
                    raise outcome
                if isinstance(outcome, Undecodable):
                    raise UsageError(f"{outcome.file.path}: {outcome.reason}.")
                assert isinstance(outcome, Decoded)
                for number in files[outcome.file.path]:
                    pixels[number] = outcome.pixels
        finally:
            pool.close()
        return pixels

    def _scales(self) -> tuple[float, float | None]:
        facts = self._known or self._image_tower or self._text_tower or self._texts()
        return facts.logit_scale, facts.logit_bias

    def _images(self) -> ImageTower:
        if self._image_tower is None:
            checkpoint = self._find_checkpoint()
            folder = self._towers_folder(checkpoint)
            self._image_tower = load_image_tower(self._model, checkpoint, choose_engine(self._device), folder)
        return self._image_tower

    def _texts(self) -> TextTower:
        if self._text_tower is None:
            checkpoint = self._find_checkpoint()
            self._text_tower = load_text_tower(self._model, lambda: checkpoint, self._towers_folder(checkpoint))
        return self._text_tower

    def _towers_folder(self, checkpoint: Path) -> Path | None:
        return towers_folder(self._cache, checkpoints.fingerprint(self._model, checkpoint))

    def _find_checkpoint(self) -> Path:
        file = checkpoints.locate(self._model, self._weights)
        if self._known is not None:
            check_fingerprint(self._known, checkpoints.fingerprint(self._model, file), file)
        return file


def _scanned(image: str | os.PathLike[str]) -> ScannedFile | None:
    path = absolute(image)
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return ScannedFile(path, facts.st_size, mtime_ns(facts))
