"""The Python API: the library with the operations of the commands as its methods."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mcsearch import settings
from mcsearch.library import library
from mcsearch.models.catalog import DEFAULT_MODEL
from mcsearch.ops import find, index, tag
from mcsearch.ops.encoder import Encoder
from mcsearch.records import Hit, IndexReport, Progress, TagCount, TaggedPhoto, TagReport, no_progress


def load_model(
    name: str = DEFAULT_MODEL, *, weights: str | os.PathLike[str] | None = None, device: str = "auto"
) -> Encoder:
    """A model of its own, without a library: `embed_images`, `embed_texts`, `logit_scale`. Raises McsearchError."""
    return Encoder(name, weights=None if weights is None else Path(weights), device=device)


class Library(library.Library):
    """A photo library: one SQLite file, made when it is missing. Close it, or use `with`.

    Without `file` it is the one the command line uses: MCSEARCH_LIBRARY, else the platform's data folder.
    Every method raises a subclass of mcsearch.errors.McsearchError for what the user can mend.
    """

    def __init__(self, file: str | os.PathLike[str] | None = None, *, create: bool = True) -> None:
        super().__init__(settings.library_path(None if file is None else Path(file)), create=create)

    def index(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        model: str | None = None,
        weights: Path | None = None,
        device: str = "auto",
        workers: int | None = None,
        batch_size: int | None = None,
        exclude: Sequence[str] = (),
        hidden: bool = False,
        force: bool = False,
        use: bool = False,
        progress: Progress = no_progress,
    ) -> IndexReport:
        """Bring the library up to date with what is in these folders or files; see mcsearch.ops.index."""
        return index.index(
            self, paths, model=model, weights=weights, device=device, workers=workers, batch_size=batch_size,
            exclude=exclude, hidden=hidden, force=force, use=use, progress=progress,
        )  # fmt: skip

    def find(
        self,
        query: str = "",
        *,
        limit: int = 10,
        min_score: float = -1.0,
        folder: str | None = None,
        tag: str | None = None,
        model: str | None = None,
    ) -> list[Hit]:
        """The photos that fit the query best, best first; see mcsearch.ops.find."""
        return find.find(self, query, limit=limit, min_score=min_score, folder=folder, tag=tag, model=model)

    def tag(
        self,
        labels_file: str | os.PathLike[str],
        *,
        top_k: int = 5,
        threshold: float = 0.5,
        folder: str | None = None,
        model: str | None = None,
        dry_run: bool = False,
        on_photo: Callable[[TaggedPhoto], None] | None = None,
        progress: Progress = no_progress,
    ) -> TagReport:
        """Assign the labels of a file to the photos that show them; see mcsearch.ops.tag."""
        return tag.tag(
            self, Path(labels_file), top_k=top_k, threshold=threshold, folder=folder, model=model,
            dry_run=dry_run, on_photo=on_photo, progress=progress,
        )  # fmt: skip

    def tag_counts(self, *, model: str | None = None) -> tuple[TagCount, ...]:
        """How many photos carry each label, most first."""
        return tag.tag_counts(self, model=model)
