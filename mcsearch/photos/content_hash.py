"""The content hash of a photo, computed without decoding it."""

from blake3 import blake3

_CHUNK_BYTES = 1 << 20


def content_hash(path: str, turned: int | None = None) -> bytes:
    """Return the content hash of a file that a sidecar turns like this, or not at all. Raises OSError."""
    digest = blake3()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return as_turned(digest.digest(), turned)


def as_turned(digest: bytes, turned: int | None) -> bytes:
    """Return the content hash of a photo, from the BLAKE3 digest of its bytes and how a sidecar turns it.

    A picture that a sidecar turns is another one than its file shows by itself, with an embedding of its own.
    """
    return digest if turned is None else blake3(digest + bytes([turned])).digest()
