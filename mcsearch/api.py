"""The Python API: a photo library with the verbs of the commands as its methods, and models on their own."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from mcsearch import settings
from mcsearch.library.filtering.filters import Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.catalog import DEFAULT_MODEL
from mcsearch.ops.dupes import find_duplicates
from mcsearch.ops.embed import Vectors, embed_images, embed_texts
from mcsearch.ops.find import Order, find_photos, find_similar
from mcsearch.ops.finding.best_copy import Preference
from mcsearch.ops.forget import compact_library, forget_path
from mcsearch.ops.index import index_paths
from mcsearch.ops.indexing.changes import Say, say_nothing
from mcsearch.ops.model import ModelInUse, model_to_ask, model_to_index_with
from mcsearch.ops.show import show_photo
from mcsearch.ops.sidecars import remove_sidecars, write_sidecars
from mcsearch.ops.tag import clear_tags, count_tags, tag_by_hand, tag_photos
from mcsearch.ops.watch import watch_paths
from mcsearch.records import (
    DuplicateGroup,
    Failure,
    Hit,
    IndexedModel,
    LabelledPhoto,
    Photo,
    Progress,
    TagCount,
    TaggedPhoto,
    no_progress,
)
from mcsearch.reports import (
    ClearReport,
    CompactReport,
    ForgetReport,
    HandTagReport,
    IndexReport,
    LibraryStatus,
    OnSidecar,
    SidecarReport,
    TagReport,
)

if TYPE_CHECKING:
    from PIL.Image import Image

AnyPath = str | os.PathLike[str]


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    weights: AnyPath | None = None,
    device: str = "auto",
    progress: Progress = no_progress,
) -> "Model":
    """A model without a library. Its towers are loaded when they are first needed. Raises McsearchError."""
    file = None if weights is None else Path(weights)
    return Model(ModelInUse(name, weights=file, device=device, cache=settings.cache_folder(), progress=progress))


class Model:
    """A model that embeds photos and texts; `load_model` makes it."""

    def __init__(self, model: ModelInUse) -> None:
        self._model = model

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
        return self._model.logit_scale

    @property
    def logit_bias(self) -> float | None:
        """What a sigmoid model adds to its logits; None for a softmax model."""
        return self._model.logit_bias

    def embed_images(self, images: "Sequence[AnyPath | Image]") -> Vectors:
        """Embed photo files or Pillow images → float32 unit vectors (n, dimensions). Raises UsageError, ModelError."""
        return embed_images(self._model, images)

    def embed_texts(self, texts: str | Sequence[str]) -> Vectors:
        """Embed texts → float32 unit vectors (n, dimensions); a string is one text. Raises ModelError."""
        return embed_texts(self._model, [texts] if isinstance(texts, str) else texts)


class Library:
    """A photo library: one SQLite file, made when it is missing. Close it, or use `with`.

    Without `file` it is the one the command line uses: MCSEARCH_LIBRARY, else the platform's data folder. `filters`
    are {"after": "2023", "camera": ["Pixel 7", "D750"], "not_tag": "dog"}, named as the options are, with `_` for `-`.
    Every method raises a subclass of mcsearch.errors.McsearchError for what the user can mend. `progress` is called
    with a stage ("scanning", "indexing", …), the number of files done, and their total or None; also with what is done
    once for a model: "downloading MODEL (DETAILS)", in bytes, "preparing MODEL for this processor (DETAILS)" and
    "loading MODEL", from 0 to 1.
    """

    def __init__(self, file: AnyPath | None = None, *, create: bool = True) -> None:
        path = settings.library_path(None if file is None else Path(file))
        self._library = LibraryFile(path, create=create, cache=settings.cache_folder())
        self._models: dict[IndexedModel, ModelInUse] = {}  # with the towers they have loaded

    def index(
        self,
        paths: Sequence[AnyPath] = (),
        *,
        model: str | None = None,
        weights: AnyPath | None = None,
        device: str = "auto",
        workers: int | None = None,
        batch_size: int | None = None,
        exclude: Sequence[str] | None = None,
        hidden: bool | None = None,
        raw_pairs: Literal["one", "both"] | None = None,
        videos: bool | None = None,
        any_suffix: bool | None = None,
        force: bool = False,
        use: bool = False,
        progress: Progress = no_progress,
    ) -> IndexReport:
        """Bring the library up to date with these folders and files, or with all known roots when none is named.

        Rules that are None (`exclude`, `hidden`, `raw_pairs`, `videos`, `any_suffix`) stay as they were. `force` reads
        every photo again; `use` lets the model answer by default once it has embedded all photos.
        """
        file = None if weights is None else Path(weights)
        chosen = model_to_index_with(self._library, model, file, device, progress=progress)
        return index_paths(
            self._library, paths, chosen, workers=workers, batch_size=batch_size, exclude=exclude, hidden=hidden,
            raw_pairs=raw_pairs, videos=videos, any_suffix=any_suffix, force=force, use=use, progress=progress,
        )  # fmt: skip

    def watch(self, paths: Sequence[AnyPath] = (), *, say: Say = say_nothing) -> Iterator[IndexReport]:
        """Index these folders, or all known roots, then whatever changes in them; yields a report of each run."""
        return watch_paths(self._library, paths, say=say)

    def find(
        self,
        query: str = "",
        *,
        like: Sequence[AnyPath] = (),
        not_text: Sequence[str] = (),
        not_like: Sequence[AnyPath] = (),
        limit: int = 10,
        min_score: float = -1.0,
        collapse: bool = False,
        filters: Wanted | None = None,
        sort: Order | None = None,
        model: str | None = None,
        progress: Progress = no_progress,
    ) -> list[Hit]:
        """Find the photos that fit a query best, at most `limit`, best first; by filters alone, newest first."""
        return find_photos(
            self._library, self._model(model, progress), query, like=like, not_text=not_text, not_like=not_like,
            limit=limit, min_score=min_score, collapse=collapse, filters=filters, sort=sort,
        )  # fmt: skip

    def similar(
        self,
        photo: AnyPath,
        *,
        limit: int = 10,
        min_score: float = -1.0,
        collapse: bool = False,
        filters: Wanted | None = None,
        sort: Order | None = None,
        model: str | None = None,
        progress: Progress = no_progress,
    ) -> list[Hit]:
        """Find the photos that are most like a photo, which itself is left out."""
        return find_similar(
            self._library, self._model(model, progress), photo, limit=limit, min_score=min_score, collapse=collapse,
            filters=filters, sort=sort,
        )  # fmt: skip

    def dupes(
        self,
        *,
        exact: bool = False,
        similar: float | None = None,
        filters: Wanted | None = None,
        model: str | None = None,
        keep_in: AnyPath | Sequence[AnyPath] = (),
        prefer: Preference | None = None,
        on_left_out: Callable[[str, str], None] = lambda *_: None,
        progress: Progress = no_progress,
    ) -> list[DuplicateGroup]:
        """Find photos that are there more than once, in groups, the best copy of each first. Nothing is changed.

        `on_left_out` is called with the path of each photo that is gone or has changed, and with the reason.
        """
        return find_duplicates(
            self._library, self._model(model), exact=exact, similar=similar, filters=filters, keep_in=keep_in,
            prefer=prefer, on_left_out=on_left_out, progress=progress,
        )  # fmt: skip

    def show(self, path: AnyPath) -> Photo:
        """All that the library knows of a file."""
        return show_photo(self._library, path)

    def tag(
        self,
        labels_file: AnyPath | None = None,
        *,
        labels: str | Sequence[str] = (),
        set_name: str | None = None,
        top_k: int = 5,
        threshold: float = 0.5,
        filters: Wanted | None = None,
        model: str | None = None,
        dry_run: bool = False,
        write_xmp: bool = False,
        on_photo: Callable[[TaggedPhoto], None] | None = None,
        on_sidecar: OnSidecar | None = None,
        progress: Progress = no_progress,
    ) -> TagReport:
        """Give photos those labels that fit them, in place of the tags of the same set from an earlier run."""
        return tag_photos(
            self._library, self._model(model, progress), labels_file, labels=labels, set_name=set_name, top_k=top_k,
            threshold=threshold, filters=filters, dry_run=dry_run, write_xmp=write_xmp, on_photo=on_photo,
            on_sidecar=on_sidecar, progress=progress,
        )  # fmt: skip

    def tag_by_hand(
        self,
        photos: AnyPath | Sequence[AnyPath] = (),
        *,
        give: str | Sequence[str] = (),
        take: str | Sequence[str] = (),
        filters: Wanted | None = None,
        model: str | None = None,
        dry_run: bool = False,
        write_xmp: bool = False,
        on_photo: Callable[[LabelledPhoto], None] | None = None,
        on_sidecar: OnSidecar | None = None,
        progress: Progress = no_progress,
    ) -> HandTagReport:
        """Give labels to photos and take others away; no run of `tag` changes that."""
        chosen = self._model(model) if filters or write_xmp else None
        return tag_by_hand(
            self._library, chosen, photos, give=give, take=take, filters=filters, dry_run=dry_run,
            write_xmp=write_xmp, on_photo=on_photo, on_sidecar=on_sidecar, progress=progress,
        )  # fmt: skip

    def clear_tags(
        self,
        *,
        set_name: str | None = None,
        filters: Wanted | None = None,
        model: str | None = None,
        dry_run: bool = False,
    ) -> ClearReport:
        """Take away the tags of one set, or of all sets of the model, but not those given by hand."""
        return clear_tags(self._library, self._model(model), set_name=set_name, filters=filters, dry_run=dry_run)

    def tags(self, *, model: str | None = None) -> tuple[TagCount, ...]:
        """How many photos carry each label, most first."""
        has_model = model is not None or self._library.models.find() is not None
        return count_tags(self._library, self._model(model) if has_model else None)

    def write_sidecars(
        self,
        *,
        filters: Wanted | None = None,
        model: str | None = None,
        dry_run: bool = False,
        on_sidecar: OnSidecar | None = None,
        progress: Progress = no_progress,
    ) -> SidecarReport:
        """Write the tags of photos into the XMP sidecars beside them, where other programs see them."""
        return write_sidecars(
            self._library, self._model(model), filters=filters, dry_run=dry_run, on_sidecar=on_sidecar,
            progress=progress,
        )  # fmt: skip

    def remove_sidecars(
        self,
        *,
        filters: Wanted | None = None,
        dry_run: bool = False,
        on_sidecar: OnSidecar | None = None,
        progress: Progress = no_progress,
    ) -> SidecarReport:
        """Take our keywords out of the XMP sidecars again."""
        model = self._model(None) if filters else None
        return remove_sidecars(
            self._library, model, filters=filters, dry_run=dry_run, on_sidecar=on_sidecar, progress=progress
        )

    def forget(self, path: AnyPath) -> ForgetReport:
        """Drop the photos at or below a path from the library. No file is touched."""
        return forget_path(self._library, path)

    def compact(self) -> CompactReport:
        """Drop embeddings that no photo has used for 90 days, and make the file as small as it can be."""
        return compact_library(self._library)

    def status(self) -> LibraryStatus:
        """What is in the library."""
        return self._library.status()

    def failures(self) -> list[Failure]:
        """The files that could not be read, and why."""
        return self._library.photos.failures()

    def close(self) -> None:
        """Close the file. Nothing can be asked of the library afterwards."""
        self._library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _model(self, name: str | None, progress: Progress = no_progress) -> ModelInUse:
        """The model to answer with; its towers stay loaded for as long as the library is open."""
        model = model_to_ask(self._library, name)
        model = self._models.setdefault(model.record, model)
        model.progress = progress
        return model
