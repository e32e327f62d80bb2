"""Reports of what a run did."""

from collections.abc import Callable

from mcsearch.records.record import Record
from mcsearch.records.tags import TagChange, TagCount


class SidecarChange(Record):
    """An XMP sidecar that was written or deleted, the path of its photo, and what mcsearch wrote into it.

    `labels` are the keywords that it contains now, `description` is the sentence; only one of them is written at once.
    """

    path: str
    sidecar: str
    labels: tuple[str, ...]
    deleted: bool
    description: str | None = None


# Called for each sidecar that is written or deleted.
OnSidecar = Callable[[SidecarChange], None]


class SidecarReport(Record):
    """The numbers of XMP sidecars written, already up to date, deleted and skipped, with a warning for each skip."""

    written: int
    unchanged: int
    deleted: int
    skipped: int
    warnings: tuple[str, ...]


class TagReport(Record):
    """The result of a tag run: the numbers of photos examined, of photos with a tag, and of photos with each label.

    `changes` lists the tags that a dry run would add and remove. `sidecars` reports on the XMP sidecars; None if none
    were to be written.
    """

    photos: int
    tagged: int
    labels: tuple[TagCount, ...]
    changes: tuple[TagChange, ...] = ()
    sidecars: SidecarReport | None = None


class ImportReport(Record):
    """The number of embeddings that an import read, and of those the library did not have."""

    read: int
    added: int


class TeachReport(Record):
    """A label that was taught: its examples that show it (`yes`) and that do not, and the photos tagged with it now.

    `photos` is the number of photos that were examined.
    """

    label: str
    yes: int
    no: int
    tagged: int
    photos: int


class HandTagReport(Record):
    """The number of photos whose tags were changed by hand, and the report on their XMP sidecars."""

    photos: int
    sidecars: SidecarReport | None = None


class ClearReport(Record):
    """The number of tags that were removed, and the sets they belonged to."""

    tags: int
    sets: tuple[str, ...]


class Profile(Record):
    """The time that each stage of an index run took, in seconds, and the engine and settings it ran with.

    `read_s` (with hashing) and `decode_s` are sums over all `workers`. `engine_s` is the time the image tower computed,
    `engine_wait_s` the time it waited for photos. These stages overlap.
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


class IndexReport(Record):
    """The result of an index run, counted in files; `embedded` counts the pictures that the image tower encoded.

    `damaged` of these showed only a part, but enough to be indexed. `texts_read` counts those whose text was read, in
    folders where `index --read` was asked for. `facts_read` counts unchanged photos whose facts were read again, since
    a sidecar has changed, or older readers had read them. `failed` counts the files that this run could not read,
    `unreadable` those that no run could read and that have not changed since. `embedding_s` is the part of
    the `seconds` after the tower was loaded; it and `profile` are 0 and None if no photo had to be embedded.
    """

    new: int
    changed: int
    moved: int
    unchanged: int
    removed: int
    failed: int
    damaged: int
    embedded: int
    seconds: float
    embedding_s: float
    model: str
    texts_read: int = 0
    facts_read: int = 0
    unreadable: int = 0
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    profile: Profile | None = None

    @property
    def photos_per_second(self) -> float:
        """The number of photos embedded per second, once the model was loaded; 0 if there was nothing to embed."""
        return self.embedded / self.embedding_s if self.embedding_s else 0.0


class CaptionReport(Record):
    """The result of writing captions, counted in contents.

    `written` have a new caption by `model`; `failed` could not be decoded, and `changed` are files that are no longer
    as they were indexed.
    """

    written: int
    failed: int
    changed: int
    model: str
    seconds: float

    @property
    def settled(self) -> int:
        """The number of all."""
        return self.written + self.failed + self.changed


class ReadReport(Record):
    """The result of reading the text in photos, counted in contents.

    `read` were read, `with_text` of them have text; `failed` could not be read, and `changed` are files that are no
    longer as they were indexed.
    """

    read: int
    with_text: int
    failed: int
    changed: int
    seconds: float

    @property
    def settled(self) -> int:
        """The number of all."""
        return self.read + self.failed + self.changed


class ForgetReport(Record):
    """The path that was forgotten, what was at or below it, and the roots at or below it.

    `failed` counts the files that could not be read, `companions` the RAW files and films that belong to photos.
    `still_in` is the remaining root that contains the path, if any; indexing it adds the photos again.
    """

    path: str
    photos: int
    roots: tuple[str, ...]
    still_in: str | None
    failed: int = 0
    companions: int = 0


class CompactReport(Record):
    """The number of embeddings that were dropped, and of bytes by which the library file shrank."""

    embeddings: int
    freed_bytes: int


class BackupReport(Record):
    """The file that a backup was written to, and its size."""

    file: str
    size_bytes: int
