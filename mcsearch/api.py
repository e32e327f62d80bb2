"""The Python API: the library with the operations of the commands as its methods, and models on their own."""

import os
from pathlib import Path

from mcsearch import settings
from mcsearch.library import library
from mcsearch.models.catalog import DEFAULT_MODEL
from mcsearch.ops.dupes import dupes as find_dupes
from mcsearch.ops.encoder import Encoder
from mcsearch.ops.find import find as find_photos
from mcsearch.ops.find import similar as find_similar
from mcsearch.ops.forget import compact as compact_file
from mcsearch.ops.forget import forget as forget_path
from mcsearch.ops.index import index as index_paths
from mcsearch.ops.show import show as show_photo
from mcsearch.ops.sidecars import remove_sidecars as remove_photo_sidecars
from mcsearch.ops.sidecars import write_sidecars as write_photo_sidecars
from mcsearch.ops.tag import clear_tags as clear_photo_tags
from mcsearch.ops.tag import tag as tag_photos
from mcsearch.ops.tag import tag_by_hand as tag_photos_by_hand
from mcsearch.ops.tag import tag_counts as count_tags
from mcsearch.ops.watch import watch as watch_paths


def load_model(
    name: str = DEFAULT_MODEL, *, weights: str | os.PathLike[str] | None = None, device: str = "auto"
) -> Encoder:
    """A model of its own, without a library: `embed_images`, `embed_texts`, `logit_scale`. Raises McsearchError."""
    file = None if weights is None else Path(weights)
    return Encoder(name, weights=file, device=device, cache=settings.cache_folder())


class Library(library.Library):
    """A photo library: one SQLite file, made when it is missing. Close it, or use `with`.

    Without `file` it is the one the command line uses: MCSEARCH_LIBRARY, else the platform's data folder.
    Every method raises a subclass of mcsearch.errors.McsearchError for what the user can mend.
    """

    def __init__(self, file: str | os.PathLike[str] | None = None, *, create: bool = True) -> None:
        library_file = settings.library_path(None if file is None else Path(file))
        super().__init__(library_file, create=create, cache=settings.cache_folder())

    index = index_paths
    watch = watch_paths
    forget = forget_path
    compact = compact_file
    find = find_photos
    similar = find_similar
    dupes = find_dupes
    show = show_photo
    tag = tag_photos
    tag_by_hand = tag_photos_by_hand
    clear_tags = clear_photo_tags
    tag_counts = count_tags
    write_sidecars = write_photo_sidecars
    remove_sidecars = remove_photo_sidecars
