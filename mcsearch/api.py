"""The Python API: a photo library with the verbs of the commands as its methods, and models on their own."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcsearch import settings
from mcsearch.library.library_file import LibraryFile
from mcsearch.models.catalog import DEFAULT_MODEL
from mcsearch.ops.describing.caption import caption_photos
from mcsearch.ops.describing.caption_sidecars import remove_captions, write_captions
from mcsearch.ops.describing.places import count_places
from mcsearch.ops.dupes import find_duplicates
from mcsearch.ops.embed import Vectors, embed_images, embed_texts
from mcsearch.ops.find import find_photos, find_similar
from mcsearch.ops.finding.albums import delete_album, find_album, list_albums, save_album
from mcsearch.ops.forget import compact_library, forget_path
from mcsearch.ops.index import index_paths
from mcsearch.ops.model import ModelInUse
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.reading.read import read_photos
from mcsearch.ops.show import show_photo
from mcsearch.ops.showing.stats import count_photos
from mcsearch.ops.sidecars import remove_sidecars, write_sidecars
from mcsearch.ops.tag import clear_tags, count_tags, tag_by_hand, tag_photos
from mcsearch.ops.teaching.suggesting import suggest_photos
from mcsearch.ops.teaching.teaching import teach_label, unteach_label
from mcsearch.ops.upkeep.backup import back_up_library
from mcsearch.ops.upkeep.doctor import examine_library
from mcsearch.ops.watch import watch_paths
from mcsearch.records.photos import Failure
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.status import LibraryStatus

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


class Library(OpenLibrary):
    """A photo library: one SQLite file, made when it is missing. Close it, or use `with`.

    Without `file` it is the one the command line uses: MCSEARCH_LIBRARY, else the platform's data folder. `filters`
    are {"after": "2023", "camera": ["Pixel 7", "D750"], "not_tag": "dog"}, named as the options are, with `_` for `-`.
    `model` names the model that answers, instead of the library's default.
    Every method raises a subclass of mcsearch.errors.McsearchError for what the user can mend. `progress` is called
    with a stage ("scanning", "indexing", …), the number of files done, and their total or None; also with what is done
    once for a model: "downloading MODEL (DETAILS)", in bytes, "preparing MODEL for this processor (DETAILS)" and
    "loading MODEL", from 0 to 1.
    With `cluster`, the address of a Ray cluster as in `index`, searches scan the vectors on its nodes; `partial` tells
    whether the last answer lacks photos, because a node was lost and what it held is being loaded on another.
    """

    def __init__(self, file: AnyPath | None = None, *, create: bool = True, cluster: str | None = None) -> None:
        path = settings.library_path(None if file is None else Path(file))
        super().__init__(LibraryFile(path, create=create, cache=settings.cache_folder()))
        if cluster is not None:
            from mcsearch.ops.cluster.sharded import ClusterSearch, VectorShards

            try:
                self.cluster = ClusterSearch(VectorShards.on(cluster))
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the file, and end what searches on a cluster."""
        if self.cluster is not None:
            self.cluster.shards.close()
        super().close()

    # The functions take the library as their first argument, and so become its methods.
    index = index_paths
    watch = watch_paths
    read = read_photos
    find = find_photos
    similar = find_similar
    save_album = save_album
    albums = list_albums
    find_album = find_album
    delete_album = delete_album
    dupes = find_duplicates
    show = show_photo
    tag = tag_photos
    tag_by_hand = tag_by_hand
    clear_tags = clear_tags
    tags = count_tags
    places = count_places
    caption = caption_photos
    teach = teach_label
    unteach = unteach_label
    suggest = suggest_photos
    write_captions = write_captions
    remove_captions = remove_captions
    write_sidecars = write_sidecars
    remove_sidecars = remove_sidecars
    forget = forget_path
    compact = compact_library
    stats = count_photos
    doctor = examine_library
    backup = back_up_library

    def status(self) -> LibraryStatus:
        """Return what the library contains."""
        return self.file.status()

    def failures(self) -> list[Failure]:
        """Return the files that could not be read, and the damaged photos, and why."""
        return self.file.photos.failures()
