"""The records that the parts of mcsearch pass to one another: frozen, with no behaviour beyond arithmetic."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, dataclass_transform

# Called with a stage, the number of units done, and their total if it is known; the stage ends when they are equal.
# The first word of a stage is a verb. "scanning", "indexing" and most others count files, "downloading MODEL (DETAILS)"
# counts bytes, and "preparing MODEL for this processor (DETAILS)" and "loading MODEL" go from 0 to 1.
Progress = Callable[[str, int, int | None], None]


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Ignore progress: the callback for callers that do not report it."""


@contextlib.contextmanager
def one_stage(progress: Progress, stage: str) -> Iterator[None]:
    """Report a stage that cannot be counted while the block runs."""
    progress(stage, 0, 1)
    yield
    progress(stage, 1, 1)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
class Record:
    """A frozen dataclass in all that matters, made in a twentieth of the time: `asdict` and `replace` work as ever.

    `dataclass` compiles six functions for each class. For the fifty of mcsearch, that took longer than all else of its
    own that a query imports.
    """

    if TYPE_CHECKING:  # get_type_hints lists the fields, and nothing else
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
        __match_args__: ClassVar[tuple[str, ...]]
        _defaults: ClassVar[dict[str, Any]]
        _factories: ClassVar[dict[str, Callable[[], Any]]]

    def __init_subclass__(cls) -> None:
        dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
        fields, missing = cls.__dataclass_fields__.values(), dataclasses.MISSING
        cls._defaults = {field.name: field.default for field in fields if field.default is not missing}
        cls._factories = {field.name: field.default_factory for field in fields if field.default_factory is not missing}

    if not TYPE_CHECKING:  # a checker knows the parameters of each record, and what is frozen

        def __init__(self, *values: Any, **named: Any) -> None:
            given = dict(zip(self.__match_args__, values, strict=False)) | named
            made = {name: make() for name, make in self._factories.items() if name not in given}
            found = self._defaults | made | given
            if len(given) < len(values) + len(named) or found.keys() != self.__dataclass_fields__.keys():
                raise TypeError(f"{type(self).__name__} has other fields than {values} and {named}")
            self.__dict__.update(found)

        def __setattr__(self, name: str, value: object) -> None:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> None:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({fields})"

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__match_args__))


class Framing(Record):
    """How a picture is resized to `size`: to the square of pixels that an image tower takes, or to fit into it.

    "shortest" resizes the shorter side to `size` and crops the centre; "squash" resizes both sides to `size`. "fit"
    keeps the proportions: the longer side becomes `size`, or stays as it is if it is shorter.
    """

    size: int
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    resize_mode: Literal["shortest", "squash", "fit"] = "shortest"


class ScannedFile(NamedTuple):  # a scan creates one for each file, and a frozen dataclass takes three times as long
    """A file on disk with the suffix of a photo, and its sidecars (XMP, then JSON) in order of precedence.

    `companion_of` is the path of the photo that a RAW file, the video of a Live Photo, or the original of an edited
    photo belongs to. `role` says how the file is treated: as a "photo", only as a "companion", or "left out" because
    its format cannot be read here. `previews` is true if the rules of its root let a preview in it stand for it.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sidecars: "tuple[ScannedFile, ...]" = ()
    companion_of: str | None = None
    role: Literal["photo", "companion", "left out"] = "photo"
    previews: bool = False


class Facts(Record):
    """When, where and with which camera a photo was taken; a field is None if its value is unknown.

    `taken_at` is ISO 8601 in the camera's local time, as precise as it is known, with the offset from UTC if that is
    known: "2023-06-12T10:11:12.34+02:00", "2023-06-12". `taken_from` is the source of the date: "exif", "xmp", "iptc",
    "container", "takeout", "name", or "mtime" if the file's modification time is the only one. `width` and `height`
    are those of the upright picture. `people` are the names of the people whose faces are marked. `turned` is
    how a sidecar turns the picture that the file shows, as a number of EXIF's tag Orientation from 2 to 8; None if it
    does not.
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
    people: tuple[str, ...] = ()
    turned: int | None = None


class PlaceName(Record):
    """The name of a place: a town, its region and its country, with its ISO 3166 code.

    Town and region are None if no town is near.
    """

    town: str | None
    region: str | None
    country: str
    country_code: str

    def __str__(self) -> str:
        """The name as one text, in which no part is repeated: "Sintra, Lisbon, Portugal"."""
        return ", ".join(dict.fromkeys(part for part in (self.town, self.region, self.country) if part))


class PlaceCount(Record):
    """The number of photos taken in a town, a region (`town` is None) or a country (`region` is None, too)."""

    town: str | None
    region: str | None
    country: str
    country_code: str
    photos: int


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


class Failure(Record):
    """A file that could not be read, the reason, and the time of the attempt (ISO 8601, UTC).

    If it is `damaged`, a part of the picture could be read and is indexed; the reason says how much is missing.
    """

    path: str
    reason: str
    failed_at: str
    damaged: bool = False


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


class Described(Record):
    """A sentence about a photo, and the name of the model that wrote it."""

    text: str
    model: str


class Photo(Record):
    """Everything a library knows about a file; `content_hash` (hexadecimal) and `facts` are None if it was never read.

    `modified_at` is the file's modification time (ISO 8601, UTC). `place` is where it was taken, if that has a name.
    `models` are the names of the models that have an embedding of the photo, `copies` the other paths with the same
    content, `sidecars` the paths of the `.xmp` and `.json` files in order of precedence, and `companions` the paths of
    the RAW file, of the video of a Live Photo, and of the original of a photo edited on an Apple device. `text` is the
    text in the photo, one line for each line there, "" if it has none, and None if it has not been read. `described`
    is the sentence that a model wrote about the photo, or None. `from_preview` are the `models` that embedded a preview
    in the file instead of its picture.
    """

    path: str
    size_bytes: int
    modified_at: str
    content_hash: str | None
    facts: Facts | None
    place: PlaceName | None
    sidecars: tuple[str, ...]
    tags: tuple[PhotoTag, ...]
    models: tuple[str, ...]
    copies: tuple[str, ...]
    companions: tuple[str, ...]
    failure: Failure | None
    text: str | None = None
    described: Described | None = None
    from_preview: tuple[str, ...] = ()


class IndexedModel(Record):
    """A model that a library has embeddings of. `weights` is the path of its checkpoint if the user named one."""

    id: int
    name: str
    fingerprint: str
    dimensions: int
    logit_scale: float
    logit_bias: float | None
    weights: str | None


class Margin(Record):
    """How far a photo must exceed the background to be relevant, in logits, computed from a library's embeddings.

    `photos` is the number of embeddings there were then, `prompts` a digest of the prompts of rare things.
    """

    logits: float
    photos: int
    prompts: str


class EmbeddingState(Record):
    """The state of a library's embeddings: the last recorded change, its token, and the highest id ever assigned."""

    change_id: int
    token: int
    highest_id: int


class RootRules(Record):
    """Which files of a root are photos: the globs to exclude, and whether to include hidden files and videos.

    A glob matches a name, or a path relative to the root. `raw_pairs` is "both" if a RAW file beside a JPEG or HEIC of
    the same name is a photo too. With `any_suffix`, files without a known suffix are recognised by their first bytes.
    With `read`, the text in the photos is read, too; with `previews`, a preview that a camera put into a photo may be
    embedded instead of its picture.
    """

    exclude: tuple[str, ...] = ()
    hidden: bool = False
    raw_pairs: Literal["one", "both"] = "one"
    videos: bool = False
    any_suffix: bool = False
    read: bool = False
    previews: bool = False


class RuleChanges(Record):
    """The new values for a root's rules; None for a rule that does not change."""

    exclude: tuple[str, ...] | None = None
    hidden: bool | None = None
    raw_pairs: Literal["one", "both"] | None = None
    videos: bool | None = None
    any_suffix: bool | None = None
    read: bool | None = None
    previews: bool | None = None

    def applied_to(self, rules: RootRules) -> RootRules:
        """Return the rules with these changes applied."""
        return RootRules(
            rules.exclude if self.exclude is None else self.exclude,
            rules.hidden if self.hidden is None else self.hidden,
            rules.raw_pairs if self.raw_pairs is None else self.raw_pairs,
            rules.videos if self.videos is None else self.videos,
            rules.any_suffix if self.any_suffix is None else self.any_suffix,
            rules.read if self.read is None else self.read,
            rules.previews if self.previews is None else self.previews,
        )
