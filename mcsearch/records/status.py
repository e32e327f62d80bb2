"""Reports of what is there: in a library, in the catalog of models, on this machine."""

from typing import Literal

from mcsearch.records.record import Record
from mcsearch.records.roots import RootRules


class ListedModel(Record):
    """A model of the catalog. Accuracies, in percent, are the ones its authors published; sizes are in bytes.

    `download_bytes` is the size of the published weights in float32. `on_disk_bytes` is the size of their file on this
    machine, None if they are not downloaded. `photos` is the number of the library's photos embedded by the model.
    `purpose` is what the model is recommended for, and `relative_work` the arithmetic for a photo compared with the
    default model; both are None for most models.
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
    languages: str
    purpose: str | None
    relative_work: float | None


class ListedFormat(Record):
    """A format, its suffixes, the package it needs, whether it can be read here, and the command to install it."""

    name: str
    suffixes: tuple[str, ...]
    needs: str
    works: bool
    install: str | None


class ModelStatus(Record):
    """A model of a library, and the number of photos that it has embedded."""

    name: str
    fingerprint: str
    photos: int
    default: bool


class RootStatus(Record):
    """An indexed folder, its number of photos, when an index run last completed (ISO 8601, UTC), and its rules.

    `rules` is None for a root without rules of its own.
    """

    path: str
    photos: int
    indexed_at: str | None
    rules: RootRules | None = None


class Count(Record):
    """A value, such as a year or the name of a camera, and the number of photos that have it.

    `value` is None for photos whose value is unknown.
    """

    value: str | None
    photos: int


class Statistics(Record):
    """The number of photos that pass filters, by year (earliest first), camera, format and tag (most photos first).

    `failed` is the number of files that could not be read; filters do not apply to them.
    """

    photos: int
    failed: int
    years: tuple[Count, ...]
    cameras: tuple[Count, ...]
    formats: tuple[Count, ...]
    tags: tuple[Count, ...]


class Finding(Record):
    """What `doctor` found out about one subject.

    `state` is "good", "note" (worth knowing, nothing to do), "wrong" or "mended". `remedy` says what mends what is
    wrong, or None.
    """

    subject: str
    state: Literal["good", "note", "wrong", "mended"]
    sentence: str
    remedy: str | None = None


class TorchBuild(Record):
    """The installed torch: its version, the size of the libraries for CUDA beside it, and whether a GPU is here."""

    version: str
    cuda_bytes: int
    has_gpu: bool


class LibraryStatus(Record):
    """The contents of a library file, in numbers."""

    file: str
    size_bytes: int
    photos: int
    tags: int
    failures: int
    models: tuple[ModelStatus, ...]
    roots: tuple[RootStatus, ...]
