"""The hashes of a photo's file and of its content, computed without decoding it."""

from blake3 import blake3

_CHUNK_BYTES = 1 << 20


def content_hash(path: str, turned: int | None = None) -> bytes:
    """Return the content hash of a file that a sidecar turns like this, or not at all. Raises OSError."""
    return as_turned(file_hash(path), turned)


def file_hash(path: str) -> bytes:
    """Return the BLAKE3 digest of a file's bytes. Raises OSError."""
    digest = blake3()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()


def as_turned(file_hash: bytes, turned: int | None) -> bytes:
    """Return the content hash of a photo, from the digest of its file's bytes and how a sidecar turns it.

    A picture that a sidecar turns is another one than its file shows by itself, with an embedding of its own.
    """
    return file_hash if turned is None else blake3(file_hash + bytes([turned])).digest()
