"""Records of files and photos: what a scan sees, what a file says about itself, what a library knows."""

from typing import Literal, NamedTuple

from mcsearch.records.record import Record
from mcsearch.records.tags import PhotoTag


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


class Failure(Record):
    """A file that could not be read, the reason, and the time of the attempt (ISO 8601, UTC).

    If it is `damaged`, a part of the picture could be read and is indexed; the reason says how much is missing.
    """

    path: str
    reason: str
    failed_at: str
    damaged: bool = False


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
