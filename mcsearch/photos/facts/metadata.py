"""When, where and with what: what a file, its sidecar, its name and the file system say, as one Facts."""

import functools
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PIL import ExifTags, Image

from mcsearch.photos.facts.dates import mtime_date, name_date
from mcsearch.photos.facts.exif import exif_block, exif_facts, is_turned
from mcsearch.photos.facts.raw_facts import raw_exif, raw_size, raw_xmp
from mcsearch.photos.facts.video_facts import video_facts
from mcsearch.photos.facts.xmp import xmp_facts
from mcsearch.photos.formats import FORMATS, RAW, VIDEO
from mcsearch.photos.pixels.opening import is_raw, open_picture
from mcsearch.records import Facts

T = TypeVar("T")
Iptc = Mapping[tuple[int, int], Any]
# What each source says, as fields of Facts; a photo may have several sidecars.
Said = Mapping[str, Sequence[Mapping[str, Any]]]

# What bounds an answer of a worker, whatever a file says.
_TEXT_AT_MOST, _KEYWORDS_AT_MOST, _KEYWORD_AT_MOST = 4096, 256, 256
# Where each fact is looked for, first to last. Sidecars come first: programs write corrections into them.
_ORDER = ("sidecar", "exif", "xmp", "iptc", "container")
_DATE_ORDER = ("sidecar", "exif", "xmp", "container")
_CAPTION_ORDER = ("sidecar", "xmp", "iptc", "exif", "container")
_IPTC_KEYWORDS, _IPTC_CAPTION = (2, 25), (2, 120)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a file carries of metadata, not yet understood, whatever its format.

    `width` and `height` are of the picture as it is seen, upright. `container` holds fields of Facts that the
    container itself states, as videos do.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    exif: Image.Exif | None = None
    xmp: bytes = b""
    iptc: Iptc = field(default_factory=dict)
    container: Mapping[str, Any] = field(default_factory=dict)


def read_facts(content: bytes, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a photo from its bytes, its name, its time of change and its XMP sidecars, the first first.

    No pixel is decoded. Whatever is malformed is passed over: nothing is raised.
    """
    carried_by = _carried_by_raw if is_raw(content, path) else functools.partial(_carried_by, name=path)
    return facts_of(_tried(carried_by, content, Carried()), path, mtime_ns, sidecars)


def read_video_facts(path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a video, whose container says when and where it was taken."""
    nothing: dict[str, Any] = {}
    said = _tried(video_facts, path, nothing)
    carried = Carried(VIDEO.name, said.pop("width", None), said.pop("height", None), container=said)
    return facts_of(carried, path, mtime_ns, sidecars)


def facts_of(carried: Carried, path: str, mtime_ns: int, sidecars: Sequence[bytes] = ()) -> Facts:
    """All that is known of a file whose metadata has been taken out of it already."""
    said: Said = {
        "sidecar": [_tried(xmp_facts, sidecar, {}) for sidecar in sidecars],
        "exif": [_tried(exif_facts, carried.exif, {})] if carried.exif is not None else [],
        "xmp": [_tried(xmp_facts, carried.xmp, {})] if carried.xmp else [],
        "iptc": [_tried(_iptc_facts, carried.iptc, {})],
        "container": [carried.container],
    }
    taken_at, taken_from = _taken(said, path, mtime_ns)
    latitude, longitude = _place(said)
    altitude, rating = _first(said, "altitude_m"), _first(said, "rating")
    words = (word for _, found in _sources(said, _ORDER) for word in found.get("keywords", ()))
    keywords = dict.fromkeys(_short(word, _KEYWORD_AT_MOST) for word in words)
    return Facts(
        format=carried.format,
        taken_at=taken_at,
        taken_from=taken_from,
        width=carried.width,
        height=carried.height,
        camera=_short(_first(said, "camera")),
        lens=_short(_first(said, "lens")),
        latitude=latitude,
        longitude=longitude,
        altitude_m=round(altitude, 2) if altitude is not None and -12_000 < altitude < 100_000 else None,
        rating=rating if rating is not None and -1 <= rating <= 5 else None,
        caption=_short(_first(said, "caption", _CAPTION_ORDER)),
        keywords=tuple(word for word in keywords if word)[:_KEYWORDS_AT_MOST],
    )


def _carried_by_raw(content: bytes) -> Carried:
    """The metadata in the bytes of a RAW file."""
    unknown: tuple[int | None, int | None] = (None, None)
    width, height = _tried(raw_size, content, unknown)
    exif = _tried(raw_exif, content, None)
    xmp = raw_xmp(exif) if exif is not None else b""
    return Carried(RAW.name, width, height, exif=exif, xmp=xmp)


def _carried_by(content: bytes, name: str) -> Carried:
    """The metadata in the bytes of a file that Pillow reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_picture(content, name, side=0) as image:
            xmp: Any
            if image.format == "PNG":  # Pillow would decode all pixels to see what comes after them
                exif, xmp = _png_blocks(content)
            else:
                exif, xmp = _tried(_exif, image, None), image.info.get("xmp")
            iptc: Iptc = _tried(_iptc, image, {})
            width, height = image.size
            # Pillow gives the size of a TIFF as it is seen.
            turned = image.format != "TIFF" and exif is not None and is_turned(exif)
            plugin = "JPEG" if image.format == "MPO" else image.format
    return Carried(
        format=next((row.name for row in FORMATS if plugin in row.plugins), None),
        width=height if turned else width,
        height=width if turned else height,
        exif=exif,
        xmp=xmp if isinstance(xmp, bytes) else b"",
        iptc=iptc,
    )


def _exif(image: Image.Image) -> Image.Exif:
    exif = image.getexif()
    for block in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        exif.get_ifd(block)  # read now: a TIFF reads them from the file, which is closed later on
    return exif


def _png_blocks(content: bytes) -> tuple[Image.Exif | None, bytes]:
    """What is in the chunks eXIf and iTXt "XML:com.adobe.xmp" of a PNG, wherever they stand."""
    exif, xmp, position = None, b"", 8
    while position + 8 <= len(content):
        length, name = int.from_bytes(content[position : position + 4]), content[position + 4 : position + 8]
        if name == b"eXIf":
            exif = _tried(exif_block, content[position + 8 : position + 8 + length], None)
        elif name == b"iTXt" and content.startswith(b"XML:com.adobe.xmp\0\0", position + 8):
            xmp = content[position + 8 : position + 8 + length].split(b"\0", 5)[-1]
        position += length + 12
    return exif, xmp


def _iptc(image: Image.Image) -> Iptc:
    if image.format != "TIFF" and "photoshop" not in image.info:
        return {}
    from PIL import ImageFile, IptcImagePlugin

    assert isinstance(image, ImageFile.ImageFile)
    return IptcImagePlugin.getiptcinfo(image) or {}


def _iptc_facts(iptc: Iptc) -> dict[str, Any]:
    """Keywords and caption of IPTC IIM: UTF-8, else what programs of its time wrote."""

    def texts(key: tuple[int, int]) -> list[str]:
        values = iptc.get(key, [])
        return [_decoded(value).strip() for value in (values if isinstance(values, list) else [values])]

    caption = "\n".join(texts(_IPTC_CAPTION))
    return {"keywords": tuple(texts(_IPTC_KEYWORDS))} | ({"caption": caption} if caption else {})


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _tried(read: Callable[[Any], T], block: Any, otherwise: T) -> T:
    """What `read` makes of a block of metadata. Malformed metadata never fails a photo, and may raise anything."""
    try:
        return read(block)
    except Exception:  # noqa: BLE001
        return otherwise


def _sources(said: Said, order: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name of each source and what it says, in this order."""
    return ((source, found) for source in order for found in said[source])


def _first(said: Said, name: str, order: tuple[str, ...] = _ORDER) -> Any:
    return next((found[name] for _, found in _sources(said, order) if name in found), None)


def _taken(said: Said, path: str, mtime_ns: int) -> tuple[str | None, str | None]:
    dates = [(found["taken_at"], source) for source, found in _sources(said, _DATE_ORDER) if "taken_at" in found]
    if dates:
        # Sidecars often repeat the camera's date without its offset, or without fractions of seconds.
        same = [(date, source) for date, source in dates if date.startswith(dates[0][0])]
        date, source = max(same, key=lambda found: len(found[0]))
        return date, "xmp" if source == "sidecar" else source
    if found := name_date(path):
        return found, "name"
    return mtime_date(mtime_ns), "mtime"


def _place(said: Said) -> tuple[float | None, float | None]:
    for _, found in _sources(said, _ORDER):
        latitude, longitude = found.get("latitude"), found.get("longitude")
        if latitude is None or longitude is None or not math.isfinite(latitude) or not math.isfinite(longitude):
            continue
        # Cameras without a fix write 0, 0.
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0):
            return round(latitude, 7), round(longitude, 7)
    return None, None


def _short(text: str | None, characters: int = _TEXT_AT_MOST) -> str | None:
    return text[:characters] if text else None
