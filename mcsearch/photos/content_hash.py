"""The content hash of a file, computed without decoding it."""

from blake3 import blake3

_CHUNK_BYTES = 1 << 20


def content_hash(path: str) -> bytes:
    """Return the BLAKE3 digest of a file's bytes. Raises OSError."""
    digest = blake3()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()
