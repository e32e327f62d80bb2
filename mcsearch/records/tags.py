"""Records of tags: labels on photos, and how many photos carry them."""

from mcsearch.records.record import Record


class Tag(Record):
    """A label assigned to a photo, with its cosine `score` and its `probability` against the background."""

    label: str
    score: float
    probability: float


class TaggedPhoto(Record):
    """A photo and its tags, most probable first, with the labels it gained (`come`) and those it lost (`go`)."""

    path: str
    tags: tuple[Tag, ...]
    come: tuple[str, ...] = ()
    go: tuple[str, ...] = ()


class TagCount(Record):
    """The number of photos that carry a label.

    `source` is "automatic", with the `sets` that contain the label, "manual" for tags given by hand, "embedded" for
    the photos' own keywords, or "person" for the names of people. `examples` is the number of photos that the label
    was taught with; 0 for labels that were not taught.
    """

    label: str
    photos: int
    source: str = "automatic"
    sets: tuple[str, ...] = ()
    examples: int = 0


class TagChange(Record):
    """The number of photos that carry a label after a run, that gained it (`come`), and that lost it (`go`)."""

    label: str
    photos: int
    come: int
    go: int


class PhotoTag(Record):
    """A label on a photo.

    `source` is "automatic", with the model, score, probability and set, or "manual", "embedded" or "person" without.
    """

    label: str
    source: str
    model: str | None = None
    score: float | None = None
    probability: float | None = None
    set: str | None = None


class LabelledPhoto(Record):
    """A photo and its tags after some were added or removed by hand."""

    path: str
    tags: tuple[PhotoTag, ...]
