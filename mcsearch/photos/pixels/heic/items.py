"""Read which items a HEIF file has, with their properties, their parts and where their data lies (ISO/IEC 23008-12)."""

import io
from dataclasses import dataclass, field

from mcsearch.photos.boxes import Box, boxes

_IN_FILE, _IN_META = 0, 1  # how iloc states offsets


@dataclass(slots=True)
class Item:
    """An item: its kind, its properties in the order in which they apply, the items it is made of, its places."""

    kind: bytes = b""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)

    def property(self, kind: bytes) -> bytes | None:
        """Return the content of the only property of a kind, or None if there is none. Raises ValueError if more."""
        found = [content for name, content in self.properties if name == kind]
        if len(found) > 1:
            raise ValueError(f"{len(found)} properties {kind!r}")
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An item that is a thumbnail `of` other items; the reference that says so has its kind at `kind_at`."""

    number: int
    of: tuple[int, ...]
    kind_at: int


@dataclass(slots=True)
class Items:
    """The items of a file and the number of the primary one, which is written between the offsets `primary_at`."""

    content: bytes
    primary: int = 0
    primary_at: tuple[int, int] = (0, 0)
    by_number: dict[int, Item] = field(default_factory=dict)
    thumbnails: list[Thumbnail] = field(default_factory=list)

    def __getitem__(self, number: int) -> Item:
        return self.by_number[number]

    def length(self, number: int) -> int:
        """Return how many bytes the data of an item has."""
        return sum(length for _, length in self.by_number[number].extents)

    def data(self, number: int) -> bytes:
        """Return the data of an item. Raises ValueError if the file ends before it does."""
        extents = self.by_number[number].extents
        if not extents or any(start + length > len(self.content) or not length for start, length in extents):
            raise ValueError("an item that the file does not hold whole")
        return b"".join(self.content[start : start + length] for start, length in extents)


class _Numbers:
    """Reads big-endian numbers one after the other. Raises ValueError at the end."""

    def __init__(self, content: bytes, box: Box) -> None:
        self._content, self.at, self._end = content, box.start, box.end

    def take(self, length: int) -> bytes:
        if self.at + length > self._end:
            raise ValueError("a box that ends early")
        self.at += length
        return self._content[self.at - length : self.at]

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length))


def read_items(content: bytes) -> Items:
    """Return the items of a HEIF file. Raises ValueError and LookupError if it is malformed or unusual."""
    stream, items = io.BytesIO(content), Items(content)
    meta = next((box for box in boxes(stream) if box.kind == b"meta"), None)
    if meta is None:
        raise ValueError("no metadata")
    found = {box.kind: box for box in boxes(stream, meta.start + 4, meta.end)}
    properties = {box.kind: box for box in boxes(stream, found[b"iprp"].start, found[b"iprp"].end)}
    primary = _Numbers(content, found[b"pitm"])
    size = 4 if primary.number(4) >> 24 else 2
    items.primary_at = (primary.at, primary.at + size)
    items.primary = primary.number(size)
    _read_kinds(items, stream, found[b"iinf"])
    _read_places(items, _Numbers(content, found[b"iloc"]), found.get(b"idat"))
    container = properties[b"ipco"]
    contents = [(box.kind, content[box.start : box.end]) for box in boxes(stream, container.start, container.end)]
    _read_properties(items, _Numbers(content, properties[b"ipma"]), contents)
    if b"iref" in found:
        _read_references(items, stream, found[b"iref"])
    return items


def _read_kinds(items: Items, stream: io.BytesIO, box: Box) -> None:
    numbers = _Numbers(items.content, box)
    head = 6 if numbers.number(4) >> 24 == 0 else 8
    for entry in boxes(stream, box.start + head, box.end):
        numbers = _Numbers(items.content, entry)
        version = numbers.number(4) >> 24
        if version < 2:
            raise ValueError("an item without a kind")
        number = numbers.number(2 if version == 2 else 4)
        numbers.take(2)  # protection
        items.by_number[number] = Item(numbers.take(4))


def _read_places(items: Items, numbers: _Numbers, inside: Box | None) -> None:
    version = numbers.number(4) >> 24
    sizes = numbers.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    if not length_size:
        raise ValueError("items without a length")
    for _ in range(numbers.number(2 if version < 2 else 4)):
        item = items.by_number.get(numbers.number(2 if version < 2 else 4))
        method = numbers.number(2) & 15 if version else _IN_FILE
        elsewhere = numbers.number(2)
        base = numbers.number(base_size)
        if method == _IN_META and inside is not None:
            base += inside.start
        for _ in range(numbers.number(2)):
            if version:
                numbers.take(index_size)
            start, length = base + numbers.number(offset_size), numbers.number(length_size)
            if item is not None and not elsewhere and method in (_IN_FILE, _IN_META):
                item.extents.append((start, length))


def _read_properties(items: Items, numbers: _Numbers, contents: list[tuple[bytes, bytes]]) -> None:
    head = numbers.number(4)
    version, is_wide = head >> 24, head & 1
    for _ in range(numbers.number(4)):
        item = items.by_number.get(numbers.number(2 if version < 1 else 4))
        for _ in range(numbers.number(1)):
            place = numbers.number(2) & 0x7FFF if is_wide else numbers.number(1) & 0x7F
            if item is not None and place:
                item.properties.append(contents[place - 1])


def _read_references(items: Items, stream: io.BytesIO, box: Box) -> None:
    size = 2 if _Numbers(items.content, box).number(4) >> 24 == 0 else 4
    for reference in boxes(stream, box.start + 4, box.end):
        source, targets = _references(_Numbers(items.content, reference), size)
        if reference.kind == b"dimg" and source in items.by_number:
            items[source].parts = targets
        elif reference.kind == b"thmb":
            items.thumbnails.append(Thumbnail(source, tuple(targets), reference.start - 4))


def _references(numbers: _Numbers, size: int) -> tuple[int, list[int]]:
    source = numbers.number(size)
    return source, [numbers.number(size) for _ in range(numbers.number(2))]
