"""Make thumbnails of photos in the decode workers, and keep them in the cache folder by content hash and size."""

import collections
import contextlib
import io
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from mcsearch.errors import McsearchError, UsageError
from mcsearch.paths import shown
from mcsearch.photos.workers.outcomes import Decoded, Outcome, Undecodable
from mcsearch.photos.workers.pool import DecodePool, processors
from mcsearch.private import make_private
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

LEAST_SIZE, MOST_SIZE = 16, 2048
# The cache is split into 256 folders by the first byte of the hash, so that no folder becomes large. When a folder
# exceeds its share of this size, the thumbnails that were not used for the longest time are removed.
CACHE_BYTES_AT_MOST = 2 * 1024**3
_FOLDER = "thumbnails"
_FOLDERS = 256
_QUALITY = 80
_DAY_S = 86400.0
_CLOSED = "no more thumbnails are made"


class NoThumbnailError(McsearchError):
    """A photo has no thumbnail, and why: it cannot be read or decoded, or its content is not the one asked for."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{shown(path)}: {reason}.")
        self.path, self.reason = path, reason


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo to show: its path, and its content hash and the paths of its sidecars if the caller knows them.

    With a hash, a kept thumbnail is found without reading the photo, and a file with other content is refused.
    """

    path: str
    content_hash: bytes | None = None
    sidecars: tuple[str, ...] = ()


class Thumbnails:
    """Thumbnails as WebP files, upright, in sRGB and without metadata, whose longer side has at most `size` pixels.

    `cache` is the folder for files that can be recreated, or None to keep nothing. Up to `workers` processes decode;
    they start with the first photo that has to be decoded, and live until `close`. All methods may be called from
    several threads at a time; threads that ask for the same thumbnail share one decode.
    """

    def __init__(self, cache: Path | None, workers: int | None = None) -> None:
        self._cache = None if cache is None else Path(cache) / _FOLDER
        self._workers = workers or processors()
        self._lock = threading.Lock()
        self._pool: DecodePool | None = None
        self._is_closed = False
        # The photos being decoded: by what they were asked for, and by the identity of the file given to the pool.
        self._in_progress: dict[tuple[Picture, int], Future[bytes]] = {}
        self._submitted: dict[int, tuple[ScannedFile, Picture, int]] = {}

    def thumbnail(self, picture: Picture, size: int) -> bytes:
        """Return a photo's thumbnail as a WebP file, decoding the photo if none is kept.

        Raises NoThumbnailError if there is none, and UsageError for a size below LEAST_SIZE or above MOST_SIZE.
        """
        if not LEAST_SIZE <= size <= MOST_SIZE:
            raise UsageError(f"The thumbnail size {size} is not between {LEAST_SIZE} and {MOST_SIZE}.")
        if (kept := self.kept(picture, size)) is not None:
            with contextlib.suppress(OSError):
                return kept.read_bytes()
        return self._asked(picture, size).result()

    def thumbnails(self, pictures: Iterable[Picture], size: int) -> Iterator[bytes | NoThumbnailError]:
        """Yield the thumbnail of each photo in the given order, or the reason why it has none.

        A few photos are decoded ahead, so memory use does not grow with their number.
        """

        def made(picture: Picture) -> bytes | NoThumbnailError:
            try:
                return self.thumbnail(picture, size)
            except NoThumbnailError as error:
                return error

        threads = ThreadPoolExecutor(2 * self._workers)
        ahead: collections.deque[Future[bytes | NoThumbnailError]] = collections.deque()
        try:
            for picture in pictures:
                ahead.append(threads.submit(made, picture))
                if len(ahead) > 2 * self._workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for a slow file

    def kept(self, picture: Picture, size: int) -> Path | None:
        """Return the file of a thumbnail that is in the cache; None if the photo would have to be decoded."""
        if self._cache is None or picture.content_hash is None:
            return None
        file = _file(self._cache, picture.content_hash, size)
        try:
            if time.time() - file.stat().st_mtime > _DAY_S:
                os.utime(file)  # what is used stays
        except OSError:
            return None
        return file

    def close(self) -> None:
        """End the worker processes. Whoever still waits for a thumbnail gets NoThumbnailError."""
        with self._lock:
            self._is_closed = True
        self._stop(_CLOSED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _asked(self, picture: Picture, size: int) -> "Future[bytes]":
        sidecars = tuple(ScannedFile(path, 0, 0) for path in picture.sidecars)
        file = ScannedFile(picture.path, _size_bytes(picture.path), 0, sidecars)
        with self._lock:
            if self._is_closed:
                raise NoThumbnailError(picture.path, _CLOSED)
            if (future := self._in_progress.get((picture, size))) is not None:
                return future
            future = self._in_progress[picture, size] = Future()
            self._submitted[id(file)] = file, picture, size
            if self._pool is None:
                self._pool = DecodePool(self._workers, _framing(size), self._deliver)
            self._pool.submit(file, "decode", framing=_framing(size))
        return future

    def _deliver(self, outcome: Outcome) -> None:
        """Answer those who wait for this photo; called in the thread of the worker that decoded it."""
        if isinstance(outcome, OSError):  # no worker can be started, so none of the photos will be decoded
            self._stop(str(outcome))
            return
        with self._lock:
            _, picture, size = self._submitted.pop(id(outcome.file), (None, None, 0))
        if picture is None:
            return
        try:
            answer: bytes | Exception = self._made(outcome, picture, size)
        except Exception as error:  # noqa: BLE001 (whoever waits has to learn of it)
            answer = error
        with self._lock:
            future = self._in_progress.pop((picture, size), None)
        if future is not None:
            _settle(future, answer)

    def _made(self, outcome: Outcome, picture: Picture, size: int) -> bytes:
        if isinstance(outcome, Undecodable):
            raise NoThumbnailError(picture.path, outcome.reason)
        assert isinstance(outcome, Decoded)
        if picture.content_hash not in (None, outcome.content_hash):
            raise NoThumbnailError(picture.path, "the file has changed since it was indexed")
        from PIL import Image

        pixels = outcome.pixels if outcome.pixels.ndim == 3 else outcome.pixels[len(outcome.pixels) // 2]
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "WEBP", quality=_QUALITY)
        if self._cache is not None:
            with contextlib.suppress(OSError):  # a full disk costs only the copy
                _keep(_file(self._cache, outcome.content_hash, size), encoded.getvalue())
        return encoded.getvalue()

    def _stop(self, reason: str) -> None:
        """End the worker processes, and answer those who wait with the reason."""
        with self._lock:
            pool, self._pool = self._pool, None
            waiting, self._in_progress, self._submitted = self._in_progress, {}, {}
        if pool is not None:
            pool.close()
        for (picture, _), future in waiting.items():
            _settle(future, NoThumbnailError(picture.path, reason))


def _framing(size: int) -> Framing:
    return Framing(size, "bicubic", "fit")


def _size_bytes(path: str) -> int:
    """Return the size of a file, on which the time to read it depends; 0 if it cannot be read."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def _settle(future: "Future[bytes]", answer: bytes | Exception) -> None:
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _file(cache: Path, content_hash: bytes, size: int) -> Path:
    name = content_hash.hex()
    return cache / name[:2] / f"{name[2:]}-{size}.webp"


def _keep(file: Path, content: bytes) -> None:
    """Write a thumbnail, and make room for it in its folder. Raises OSError."""
    make_private(file.parent)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".new", delete=False) as new:
        new.write(content)
    try:
        os.replace(new.name, file)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new.name)
        raise
    _make_room(file.parent, CACHE_BYTES_AT_MOST // _FOLDERS)


def _make_room(folder: Path, bytes_at_most: int) -> None:
    """Remove the files of a folder that were used longest ago, until it is a tenth smaller than it may be."""
    with os.scandir(folder) as entries:
        files = [(entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in entries]
    total = sum(size for _, size, _ in files)
    if total <= bytes_at_most:
        return
    for _, size, path in sorted(files):
        if total <= 0.9 * bytes_at_most:
            return
        os.unlink(path)
        total -= size
