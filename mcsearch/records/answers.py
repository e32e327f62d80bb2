"""The records that answers consist of: hits, albums, duplicates and scores. Frozen, with arithmetic only."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from mcsearch.records.record import Record

# Why the file of a photo cannot be opened: it is gone, or its disk or folder is away.
Missing = Literal["gone", "disk away"]


class FilterCount(Record):
    """A filter, by its name in Python ("not_camera"), its values, and the number of photos that it leaves.

    `photos` meet this filter and all those before it.
    """

    filter: str
    values: tuple[str, ...]
    photos: int


class TermScore(Record):
    """A term of a query, a text or a photo, with its weight (negative for a term to avoid) and its cosine to a hit."""

    text: str | None
    photo: str | None
    weight: float
    score: float


class Explanation(Record):
    """Why a photo is a hit: its `terms`, and the `filters` with the number of photos that each left.

    A text probably fits if its cosine is above `background` plus `margin`. The background is what the cosine of one
    prompt would have to be to weigh as much as all background prompts together. Both are None without a text.
    """

    terms: tuple[TermScore, ...] = ()
    background: float | None = None
    margin: float | None = None
    filters: tuple[FilterCount, ...] = ()


class FoundText(Record):
    """Where the words of `--text` stand: a part of one of a photo's texts, on one line.

    `source` is "names", "caption", "keywords", "place", "read" (in the photo) or "generated". `marks` are the start and
    the end of each word or phrase in `text`, in characters.
    """

    source: str
    text: str
    marks: tuple[tuple[int, int], ...]


class Hit(Record):
    """A photo that answers a query. `score` is the cosine similarity, higher is better; None without a query.

    `taken_at` and `taken_from` are those of Facts. `relevance` is the probability, 0 to 1, that the photo shows what
    the query's text says; None if the query contains no text. `stands_for` is the number of nearly identical photos
    that the hit represents, including itself. `missing` says why the file does not exist now; None if it does.
    `explanation` is None unless it was asked for. `texts` say where the words of the filter `text` stand.
    `place` is the name of the place where the photo was taken, as in "Sintra, Lisbon, Portugal", if it has one.
    """

    path: str
    score: float | None
    taken_at: str | None = None
    taken_from: str | None = None
    relevance: float | None = None
    stands_for: int = 1
    missing: Missing | None = None
    explanation: Explanation | None = None
    texts: tuple[FoundText, ...] = ()
    place: str | None = None

    @property
    def is_undated(self) -> bool:
        """Whether the file's modification time is the only date of the photo."""
        return self.taken_from == "mtime"

    @property
    def is_relevant(self) -> bool:
        """Whether the photo probably shows what the query says; true also if its relevance is unknown."""
        return self.relevance is None or self.relevance >= 0.5


class Album(Record):
    """A saved query: its texts, photos (as absolute paths), filters and options, as `find` takes them.

    `filters` are as users give them: {"after": "2023", "tag": ["beach", "sea"]}. `limit` and `min_score` are None for
    the defaults. `saved_at` is ISO 8601, in UTC.
    """

    name: str
    query: str = ""
    like: tuple[str, ...] = ()
    not_text: tuple[str, ...] = ()
    not_like: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    min_score: float | None = None
    relevant: bool = False
    collapse: bool = False
    sort: Literal["score", "date", "path"] | None = None
    model: str | None = None
    saved_at: str = ""


class DuplicatePhoto(Record):
    """A photo that has duplicates, with the fields of Facts that help to choose between them.

    `size_bytes` and `mtime_ns` are those of the file. `damaged` is true if a part of the picture is missing. `keep` is
    true for the best copy, and for any other copy that is to be kept.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    format: str | None
    width: int | None
    height: int | None
    taken_at: str | None
    taken_from: str | None
    camera: str | None
    has_place: bool
    has_sidecar: bool
    damaged: bool
    keep: bool = False


class DuplicateGroup(Record):
    """Photos that are copies or variants of one another, the best copy first."""

    photos: tuple[DuplicatePhoto, ...]

    @property
    def extra(self) -> tuple[DuplicatePhoto, ...]:
        """The photos that do not have to be kept."""
        return tuple(photo for photo in self.photos if not photo.keep)


class Score(Record):
    """How well a text fits a photo: the cosine, and the probability (among all texts, or of this text alone)."""

    path: str
    text: str
    score: float
    probability: float
