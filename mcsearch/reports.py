"""What is said of a run, a library or an installation as a whole: frozen records, no behaviour beyond arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass

from mcsearch.records import RootRules, TagChange, TagCount


@dataclass(frozen=True, slots=True)
class SidecarChange:
    """An XMP sidecar that was written, or deleted: of which photo, and the labels that are in it now."""

    path: str
    sidecar: str
    labels: tuple[str, ...]
    deleted: bool


# Called with each sidecar that is written or deleted.
OnSidecar = Callable[[SidecarChange], None]


@dataclass(frozen=True, slots=True)
class SidecarReport:
    """What became of XMP sidecars, counted in files, and why some were skipped; `unchanged` ones were right already."""

    written: int
    unchanged: int
    deleted: int
    skipped: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TagReport:
    """What one tag run decided: photos looked at, photos that got a tag, and how many got each label.

    `changes` says of a dry run which tags would come and go. `sidecars` says what became of the XMP sidecars, where
    they were to be written.
    """

    photos: int
    tagged: int
    labels: tuple[TagCount, ...]
    changes: tuple[TagChange, ...] = ()
    sidecars: SidecarReport | None = None


@dataclass(frozen=True, slots=True)
class HandTagReport:
    """On how many photos labels were given or taken away by hand, and what became of their XMP sidecars."""

    photos: int
    sidecars: SidecarReport | None = None


@dataclass(frozen=True, slots=True)
class ClearReport:
    """How many tags were taken away, and of which sets."""

    tags: int
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Where the time of an index run went, in seconds, and what ran it.

    `read_s` (with hashing) and `decode_s` are of all `workers` together, `engine_s` is the image tower at work and
    `engine_wait_s` the tower waiting for photos; all of that happens at the same time.
    """

    scan_s: float
    load_s: float
    read_s: float
    decode_s: float
    engine_wait_s: float
    engine_s: float
    store_s: float
    engine: str
    device: str
    precision: str
    streams: int
    batch_size: int
    workers: int


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one index run did, counted in files; `embedded` counts runs of the image tower.

    `profile` is None when the tower had nothing to do.
    """

    new: int
    changed: int
    moved: int
    unchanged: int
    removed: int
    failed: int
    embedded: int
    seconds: float
    model: str
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    profile: Profile | None = None

    @property
    def photos_per_second(self) -> float:
        """Photos embedded a second, start-up included; 0 when there was nothing to embed."""
        return self.embedded / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of the catalog. Accuracies, in percent, are the authors' published ones; sizes are in bytes.

    `download_bytes` is what the weights take in float32, as published; `on_disk_bytes` what their file takes
    here, None when it is not here. `photos` counts the library's photos with an embedding of it.
    """

    name: str
    year: int | None
    image_parameters_m: float | None
    text_parameters_m: float | None
    published_imagenet_top1: float | None
    published_flickr30k_recall1: float | None
    published_coco_recall1: float | None
    licence: str
    download_bytes: int | None
    on_disk_bytes: int | None
    photos: int
    default: bool


@dataclass(frozen=True, slots=True)
class ListedFormat:
    """A format and its suffixes, the package it needs, whether it works here, and what installs that when not."""

    name: str
    suffixes: tuple[str, ...]
    needs: str
    works: bool
    install: str | None


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model of a library and how many of its photos have an embedding of it."""

    name: str
    fingerprint: str
    photos: int
    default: bool


@dataclass(frozen=True, slots=True)
class RootStatus:
    """An indexed folder, its number of photos, when it was last indexed to the end (ISO 8601, UTC), and by which rules.

    `rules` is None for a root that was given none of its own.
    """

    path: str
    photos: int
    indexed_at: str | None
    rules: RootRules | None = None


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What was forgotten: at or below which path, how many photos, and which roots.

    `still_in` is the root that will bring them back, if one is left.
    """

    path: str
    photos: int
    roots: tuple[str, ...]
    still_in: str | None


@dataclass(frozen=True, slots=True)
class CompactReport:
    """How many embeddings were dropped, and by how many bytes the library file shrank."""

    embeddings: int
    freed_bytes: int


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What is in a library file."""

    file: str
    size_bytes: int
    photos: int
    tags: int
    failures: int
    models: tuple[ModelStatus, ...]
    roots: tuple[RootStatus, ...]
