"""The model that a command works with: its checkpoint, its towers and its encoded prompts."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mcsearch.errors import LibraryError, ModelError, NothingIndexedError, UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.prompts import visible
from mcsearch.paths import absolute
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.progress import Progress, no_progress, one_stage

# The modules of mcsearch.models are imported where they are needed: a query that was asked before needs none of them.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mcsearch.models.catalog import Model
    from mcsearch.models.towers import ImageTower, TextTower, TowerFacts

    Vector = npt.NDArray[np.float32]

# Returns the vectors of prompts from a text tower that is loaded elsewhere; None if it cannot.
Encode = Callable[["ModelInUse", Sequence[str]], "Mapping[str, Vector] | None"]
_CACHE_WAIT_S = 0.1


class ModelInUse:
    """A model whose checkpoint and towers are found, downloaded and loaded when they are first needed.

    With a `library`, prompts stored in it are not encoded again, and a checkpoint is refused if the library's
    embeddings were made with another one. `indexed` is the library's record of the model, or None while the library
    has no embedding of it. `encode` is asked for the vectors of new prompts before the text tower is loaded; with
    `keep_prompts`, the library keeps them. Downloading, preparing and loading are stages that `progress` is called
    with; it may be replaced at any time. `device` is one of DEVICES.
    """

    def __init__(
        self,
        name: str,
        *,
        library: LibraryFile | None = None,
        weights: Path | None = None,
        device: str = "auto",
        cache: Path | None = None,
        encode: Encode | None = None,
        keep_prompts: bool = True,
        progress: Progress = no_progress,
    ) -> None:
        self._encode_elsewhere, self._keep_prompts = encode, keep_prompts
        self.progress = progress
        self._elsewhere: TowerFacts | None = None  # of an image tower that other machines have loaded
        self._image_tower: ImageTower | None = None
        self.name, self.indexed = name, library.models.find(name) if library is not None else None
        self._library, self.device = library, device
        self._cache = library.cache if library is not None else cache
        # The checkpoint file that the user named, now or when the library was indexed.
        self.weights = absolute(weights) if weights is not None else self.indexed.weights if self.indexed else None
        # Check the name and the checkpoint now: an error after an hour of scanning would come too late.
        if self.indexed is None:
            _ = self.entry
        elif weights is not None:
            _ = self._verified

    @cached_property
    def entry(self) -> "Model":
        """The model's description, from the catalog or else from open_clip."""
        from mcsearch.models.lookup import find_model

        return find_model(self.name)

    @cached_property
    def checkpoint(self) -> Path:
        """The checkpoint file, downloaded if necessary. Raises ModelError, also if it does not fit the library."""
        return self._verified[0]

    @property
    def fingerprint(self) -> str:
        """A digest that identifies this checkpoint with its preprocessing."""
        return self.indexed.fingerprint if self.indexed else self._verified[1]

    @property
    def dimensions(self) -> int:
        """The length of the model's vectors."""
        return self.indexed.dimensions if self.indexed else self.entry.dimensions

    @property
    def logit_scale(self) -> float:
        """The factor by which this checkpoint turns cosines into logits."""
        return self._scales[0]

    @property
    def logit_bias(self) -> float | None:
        """The constant that a sigmoid model adds to its logits; None for a softmax model."""
        return self._scales[1]

    @property
    def image_tower(self) -> "ImageTower":
        """The image tower, on the requested device. Raises ModelError."""
        return self.load_image_tower(self.progress)

    def load_image_tower(self, progress: Progress) -> "ImageTower":
        """Return `image_tower`, and report its loading, if it is not loaded yet, to another callback."""
        if self._image_tower is None:
            from mcsearch.models.engines import choose_engine
            from mcsearch.models.towers import load_image_tower

            checkpoint, folder = self.checkpoint, self._towers_folder
            with one_stage(progress, f"loading {self.name}"):
                engine = choose_engine(self.device)
                self._image_tower = load_image_tower(self.entry, checkpoint, engine, folder, progress)
        return self._image_tower

    @cached_property
    def text_tower(self) -> "TextTower":
        """The text tower; the checkpoint is needed only if there is no converted tower yet. Raises ModelError."""
        from mcsearch.models.towers import load_text_tower

        with one_stage(self.progress, f"loading {self.name}"):
            return load_text_tower(lambda: (self.entry, self.checkpoint), self._towers_folder, self.progress)

    def take_elsewhere(self, tower: "TowerFacts") -> None:
        """Take the facts of an image tower that other machines have loaded, so that none is loaded here for them."""
        self._elsewhere = tower

    @property
    def record(self) -> IndexedModel:
        """The library's record of a model that has embeddings in it."""
        assert self.indexed is not None
        return self.indexed

    def encode_prompts(self, prompts: Sequence[str]) -> "dict[str, Vector]":
        """Return a float32 unit vector (dimensions,) for each prompt; the tower is loaded only for new prompts."""
        seen = {prompt: visible(prompt) for prompt in prompts}
        encoded = self._encode_visible(list(dict.fromkeys(seen.values())))
        return {prompt: encoded[beginning] for prompt, beginning in seen.items()}

    def _encode_visible(self, prompts: Sequence[str]) -> "dict[str, Vector]":
        if self._library is None or self.indexed is None:
            return dict(zip(prompts, self.text_tower.embed(prompts), strict=True))
        found = self._library.prompts.find(self.indexed.id, prompts)
        missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in found]
        if missing:
            encoded = self._encode_elsewhere(self, missing) if self._encode_elsewhere is not None else None
            if encoded is None:
                encoded = dict(zip(missing, self.text_tower.embed(missing), strict=True))
            if self._keep_prompts:
                # Storing is only a cache: do not wait long for another process that is writing, and ignore failures.
                with contextlib.suppress(LibraryError), self._library.transaction(wait_s=_CACHE_WAIT_S):
                    self._library.prompts.add(self.indexed.id, encoded)
            found |= encoded
        return found

    def enter_into_library(self) -> IndexedModel:
        """Return the library's record of the model, after creating it if there is none.

        Call it inside the transaction that uses the record: meanwhile another process may have forgotten the model, or
        added another checkpoint under its name. Raises ModelError in the latter case.
        """
        assert self._library is not None
        fingerprint = self.fingerprint
        self.indexed = self._library.models.find(self.name)
        if self.indexed is None:
            tower = self._elsewhere or self.image_tower
            self.indexed = self._library.models.add(
                self.name, fingerprint, tower.dimensions, tower.logit_scale, tower.logit_bias, self.weights
            )
        self._check(fingerprint, self.checkpoint)
        return self.indexed

    @cached_property
    def _verified(self) -> tuple[Path, str]:
        from mcsearch.models import checkpoints

        file = checkpoints.locate(self.entry, Path(self.weights) if self.weights else None, self.progress)
        fingerprint = checkpoints.fingerprint(self.entry, file)
        self._check(fingerprint, file)
        return file, fingerprint

    def _check(self, fingerprint: str, checkpoint: Path) -> None:
        if self.indexed is not None and self.indexed.fingerprint != fingerprint:
            raise ModelError(
                f"{checkpoint} is not the checkpoint of {self.name} that this library was indexed with, and their "
                "vectors cannot be compared.",
                hint="Use that checkpoint again with --weights FILE, or keep another library for this one with "
                "--library FILE.",
            )

    @property
    def _towers_folder(self) -> Path | None:
        from mcsearch.models.converted.tower_cache import towers_folder

        return towers_folder(self._cache, self.name, self.fingerprint)

    @property
    def _scales(self) -> tuple[float, float | None]:
        known = self.indexed or self._image_tower or self._elsewhere or self.text_tower
        return known.logit_scale, known.logit_bias


def model_to_index_with(
    library: LibraryFile,
    name: str | None = None,
    weights: Path | None = None,
    device: str = "auto",
    *,
    progress: Progress = no_progress,
) -> ModelInUse:
    """Return the model to embed new photos with: the one named, else the library's default, else DEFAULT_MODEL.

    A library whose only model was forgotten uses that model again, with the same checkpoint; so does one whose first
    run was killed.
    """
    from mcsearch.models.catalog import DEFAULT_MODEL

    default = library.models.find()
    if default is None and (last := library.models.intended()) is not None and name in (None, last[0]):
        name, weights = last[0], weights or (Path(last[1]) if last[1] else None)
    if name is None:
        name = default.name if default else DEFAULT_MODEL
    return ModelInUse(name, library=library, weights=weights, device=device, progress=progress)


def model_to_ask(
    library: LibraryFile,
    name: str | None = None,
    *,
    encode: Encode | None = None,
    keep_prompts: bool = True,
    progress: Progress = no_progress,
) -> ModelInUse:
    """Return the model to search with: the one named, or else the library's default.

    `encode` and `keep_prompts` are those of ModelInUse. Raises NothingIndexedError when no photo is indexed, and
    UsageError when the named model has no embeddings.
    """
    indexed = library.models.find(name)
    if indexed is None and name is not None and (names := library.models.names()):
        from mcsearch.models.lookup import find_model

        find_model(name)
        raise UsageError(f"No photo is indexed with {name}. This library's models: {', '.join(names)}.")
    if indexed is None and library.photos.any():  # the model was forgotten
        raise NothingIndexedError(
            "No model has embedded the photos of this library.", hint="To embed them again: mcsearch index"
        )
    if indexed is None or not library.photos.any():
        raise NothingIndexedError("No photos are indexed yet.", hint="Index some with: mcsearch index FOLDER")
    return ModelInUse(indexed.name, library=library, encode=encode, keep_prompts=keep_prompts, progress=progress)
