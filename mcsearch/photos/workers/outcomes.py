"""What becomes of a file that a decode worker was asked about."""

from dataclasses import dataclass

from mcsearch.photos.content_hash import as_turned
from mcsearch.photos.workers.protocol import Pixels
from mcsearch.records.photos import Facts, ScannedFile


class HasContent:
    """A file that was hashed, and whose facts say how a sidecar turns it."""

    __slots__ = ()
    file_hash: bytes
    facts: Facts

    @property
    def content_hash(self) -> bytes:
        """The hash of the content that the file has as it is turned."""
        return as_turned(self.file_hash, self.facts.turned)


@dataclass(frozen=True, slots=True)
class FactsRead:
    """The facts of a file of which only the facts were read; that took `read_s` seconds."""

    file: ScannedFile
    facts: Facts
    read_s: float


@dataclass(frozen=True, slots=True)
class Hashed(HasContent):
    """The file hash and facts of a file that was hashed only; reading and hashing took `read_s` seconds."""

    file: ScannedFile
    file_hash: bytes
    facts: Facts
    read_s: float


@dataclass(frozen=True, slots=True)
class Decoded(HasContent):
    """The file hash, facts and pixels of a decoded file.

    Pixels are uint8 of shape (height, width, 3), or (frames, height, width, 3) for a video; `whole` is the picture,
    squeezed to a square, if the pool was asked for it and no preview is shown. Reading and hashing took `read_s`
    seconds, decoding and reading the facts `decode_s` seconds. `damage` says what is missing of a damaged picture that
    shows enough to be used. `from_preview` is true if the pixels are those of a preview in the file.
    """

    file: ScannedFile
    file_hash: bytes
    facts: Facts
    pixels: Pixels
    read_s: float
    decode_s: float
    whole: Pixels | None = None
    damage: str | None = None
    from_preview: bool = False


@dataclass(frozen=True, slots=True)
class TextRead:
    """The content hash of a file, and the text in its picture."""

    file: ScannedFile
    content_hash: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A file that could not be read or decoded; `retry` is true if it may succeed later without any change to it."""

    file: ScannedFile
    reason: str
    retry: bool


Outcome = FactsRead | Hashed | Decoded | TextRead | Undecodable | OSError  # OSError: a worker could not be started
