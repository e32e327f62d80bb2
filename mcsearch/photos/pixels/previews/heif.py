"""Find the thumbnails in a HEIF file, each as a file whose picture it is."""

from collections.abc import Iterator

from mcsearch.photos.pixels.heic.items import Item, Items, read_items

_HEVC = b"hvc1"
_TURNING = (b"irot", b"imir")
_UNTURNED = (b"irot", b"\0")


def thumbnails(content: bytes) -> Iterator[bytes]:
    """Yield the file once for each thumbnail of its picture, with the thumbnail in the picture's place.

    Thumbnails that are turned otherwise than the picture are left out. Raises ValueError and LookupError if the file is
    malformed or unusual.
    """
    items = read_items(content)
    for thumbnail in items.thumbnails:
        item = items[thumbnail.number]
        of_picture = items.primary in thumbnail.of and item.kind == _HEVC
        if of_picture and _turns(item) == _turns(items[items.primary]):
            yield _shown_alone(items, thumbnail.number)


def _turns(item: Item) -> list[tuple[bytes, bytes]]:
    return [found for found in item.properties if found[0] in _TURNING and found != _UNTURNED]


def _shown_alone(items: Items, number: int) -> bytes:
    """Return the file with an item as its primary one, and without references that make thumbnails of items."""
    changed = bytearray(items.content)
    start, end = items.primary_at
    changed[start:end] = number.to_bytes(end - start)
    for thumbnail in items.thumbnails:
        changed[thumbnail.kind_at : thumbnail.kind_at + 4] = b"free"
    return bytes(changed)
