"""Everything known about one photo, as lines of text."""

from collections.abc import Iterator

from mcsearch.output.counts import shown_size
from mcsearch.output.times import local_time
from mcsearch.paths import shown
from mcsearch.records.photos import Facts, Photo, PlaceName

_SOURCES = {
    "exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "container": "the file", "name": "the file name",
    "takeout": "Google's export", "mtime": "the file's modification time",
}  # fmt: skip


def photo_lines(photo: Photo) -> Iterator[str]:
    """Yield the known facts about a photo, one on each line."""
    yield f"Path       {shown(photo.path)}"
    yield f"Size       {shown_size(photo.size_bytes)}"
    if photo.facts is not None:
        yield from _fact_lines(photo.facts, photo.place)
    yield f"Changed    {local_time(photo.modified_at)}"
    for sidecar in photo.sidecars:
        yield f"Sidecar    {shown(sidecar)}"
    for companion in photo.companions:
        yield f"Companion  {shown(companion)}"
    for tag in photo.tags:
        origin = (
            tag.source if tag.probability is None else f"{tag.probability:.0%}, {tag.model}, {shown(tag.set or '')}"
        )
        yield f"Tag        {shown(tag.label)} ({origin})"
    if photo.described is not None:
        yield f"Described  {shown(photo.described.text)} ({photo.described.model})"
    for number, line in enumerate((photo.text or "").splitlines()):
        yield f"{'' if number else 'Text':<10} {shown(line)}"
    for model in photo.models:
        yield f"Model      {model}{' (of the preview)' * (model in photo.from_preview)}"
    for copy in photo.copies:
        yield f"Copy       {shown(copy)}"
    if photo.failure is not None:
        word = "Damaged" if photo.failure.damaged else "Failure"
        yield f"{word}    {shown(photo.failure.reason)} ({local_time(photo.failure.failed_at)})"


def _fact_lines(facts: Facts, place: PlaceName | None) -> Iterator[str]:
    if facts.format is not None:
        yield f"Format     {facts.format}, {facts.width} × {facts.height}"
    if facts.taken_at is not None:
        source = _SOURCES.get(facts.taken_from or "", facts.taken_from)
        yield f"Taken      {'~' * (facts.taken_from == 'mtime')}{_date(facts.taken_at)} (from {source})"
    for word, value in (("Camera", facts.camera), ("Lens", facts.lens)):
        if value is not None:
            yield f"{word:<10} {shown(value)}"
    if facts.latitude is not None:
        height = "" if facts.altitude_m is None else f", {facts.altitude_m:g} m"
        name = "" if place is None else f"{shown(str(place))} "
        position = f"{facts.latitude:.6f}, {facts.longitude:.6f}{height}"
        yield f"Place      {name}({position})" if name else f"Place      {position}"
    if facts.rating is not None:
        yield f"Rating     {facts.rating}"
    if facts.caption is not None:
        yield f"Caption    {shown(facts.caption)}"


def _date(text: str) -> str:
    return text.replace("T", " ")
