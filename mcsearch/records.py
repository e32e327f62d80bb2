"""What goes from one part of mcsearch to another: frozen records, no behaviour beyond arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

# Called with a stage ("scanning", "indexing", …), how much is done, and the total where it is known.
Progress = Callable[[str, int, int | None], None]


def no_progress(stage: str, done: int, total: int | None) -> None:
    """The progress callback of whoever does not want to know."""


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file seen on disk that has the suffix of a photo."""

    path: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that answers a query. `score` is the cosine similarity, higher is better."""

    path: str
    score: float


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
    """How many photos carry a label."""

    label: str
    photos: int


@dataclass(frozen=True, slots=True)
class TagReport:
    """What one tag run decided: photos looked at, photos that got a tag, and how many got each label."""

    photos: int
    tagged: int
    labels: tuple[TagCount, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, why, and when that was tried (ISO 8601, UTC)."""

    path: str
    reason: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one index run did, counted in files; `embedded` counts runs of the image tower."""

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
class ModelStatus:
    """A model of a library and how many of its photos have an embedding of it."""

    name: str
    fingerprint: str
    photos: int
    default: bool


class RootRules(TypedDict):
    """How a root is walked: globs of what is left out, and whether hidden files count."""

    exclude: list[str]
    hidden: bool


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
