"""What goes from one part of mcsearch to another: frozen records, no behaviour beyond arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

# Called with a stage ("scanning", "indexing", …), how much is done, and the total where it is known.
Progress = Callable[[str, int, int | None], None]


def no_progress(stage: str, done: int, total: int | None) -> None:
    """The progress callback of whoever does not want to know."""


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file seen on disk that has the suffix of a photo, with the XMP file beside it that says more about it.

    `companion_of` is the path of the photo that a RAW file or the film of a Live Photo belongs to. `role` says what is
    made of it: a "photo", only a "companion", or it is "left out" because its format cannot be read here.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sidecar: "ScannedFile | None" = None
    companion_of: str | None = None
    role: Literal["photo", "companion", "left out"] = "photo"


@dataclass(frozen=True, slots=True)
class Facts:
    """When, where and with what a photo was taken; None for what is not known.

    `taken_at` is ISO 8601 in the local time of the camera, as exact as it is known, with the offset from UTC where
    that is known: "2023-06-12T10:11:12.34+02:00", "2023-06-12". `taken_from` says where it was found: "exif", "xmp",
    "container", "name" or "mtime". Width and height are those of the picture as it is seen, upright.
    """

    format: str | None = None
    taken_at: str | None = None
    taken_from: str | None = None
    width: int | None = None
    height: int | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    rating: int | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that answers a query. `score` is the cosine similarity, higher is better; None without a query.

    `taken_at` is that of Facts.
    """

    path: str
    score: float | None
    taken_at: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A label assigned to a photo, with its cosine `score` and its `probability` against the background."""

    label: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class TaggedPhoto:
    """A photo and its tags, most probable first."""

    path: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How well a text fits a photo: the cosine, and its probability (among the texts, or for itself)."""

    path: str
    text: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class TagCount:
    """How many photos carry a label. `source` is "automatic", or "embedded" for keywords of the photos' own."""

    label: str
    photos: int
    source: str = "automatic"


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

    `sidecars` says what became of the XMP sidecars, where they were to be written.
    """

    photos: int
    tagged: int
    labels: tuple[TagCount, ...]
    sidecars: SidecarReport | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, why, and when that was tried (ISO 8601, UTC)."""

    path: str
    reason: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class PhotoTag:
    """A label on a photo. `source` is "automatic", with the model, score and probability, or "embedded"."""

    label: str
    source: str
    model: str | None = None
    score: float | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """All that a library knows of a file; `content_hash` (hexadecimal) and `facts` are None if it was never read.

    `modified_at` is the file's time of change (ISO 8601, UTC), `models` those it has embeddings of, `copies` the
    other paths with the same content, `companions` the paths of its RAW file and its film.
    """

    path: str
    size_bytes: int
    modified_at: str
    content_hash: str | None
    facts: Facts | None
    sidecar: str | None
    tags: tuple[PhotoTag, ...]
    models: tuple[str, ...]
    copies: tuple[str, ...]
    companions: tuple[str, ...]
    failure: Failure | None


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
class ModelRow:
    """A model as a library knows it. `weights` is the local checkpoint it was made with, if one was named."""

    id: int
    name: str
    fingerprint: str
    dimensions: int
    logit_scale: float
    logit_bias: float | None
    weights: str | None


@dataclass(frozen=True, slots=True)
class EmbeddingState:
    """Which embeddings a library has: the last change it recorded, that one's token, the highest id ever given."""

    change_id: int
    token: int
    highest_id: int


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


class RootRules(TypedDict):
    """How a root is walked: globs of what is left out, and whether hidden files and videos count.

    `raw_pairs` says whether a RAW file beside a JPEG or HEIC of the same name is a photo too.
    """

    exclude: list[str]
    hidden: bool
    raw_pairs: Literal["one", "both"]
    videos: bool


class GivenRules(TypedDict, total=False):
    """Those of RootRules that are given anew."""

    exclude: list[str]
    hidden: bool
    raw_pairs: Literal["one", "both"]
    videos: bool


USUAL_RULES: RootRules = {"exclude": [], "hidden": False, "raw_pairs": "one", "videos": False}


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
    """What was forgotten: how many photos, which roots, and the root that will bring them back, if one is left."""

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


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL over the table `photos p`, with its bound parameters."""

    sql: str
    parameters: tuple[str | bytes | int | float, ...]


def together(conditions: Sequence[Condition]) -> tuple[str, list[str | bytes | int | float]]:
    """The SQL and the parameters of all the conditions at once; TRUE when there are none."""
    sql = " AND ".join(condition.sql for condition in conditions) or "TRUE"
    return sql, [value for condition in conditions for value in condition.parameters]
