"""Decode a few frames spread over the length of a video. Runs in the worker processes."""

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image

from mcsearch.photos.formats import VIDEO
from mcsearch.photos.pixels.limits.sizes import check_megapixels, most_pixels
from mcsearch.photos.pixels.opening import import_decoder

FRAMES = 4
# Only these containers are opened: a playlist could refer to other files or to network addresses.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,asf"
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
# Containers without an index, where times are estimated from byte positions: a seek may end past the last key frame.
_WITHOUT_INDEX = ("mpegts", "mpeg")
_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


def frames(file: BinaryIO) -> Iterator[Image.Image]:
    """Yield up to FRAMES upright pictures, each from the middle of one of FRAMES equal parts of a video.

    Yields only the first frame if the duration is unknown. Raises OSError if the video cannot be read, and
    MissingPackageError.
    """
    with opened(file) as (container, stream):
        length_us = container.duration or 0
        start_us = container.start_time if length_us and container.start_time else 0
        for number in range(FRAMES if length_us else 1):
            at_us = start_us + length_us * (2 * number + 1) // (2 * FRAMES)
            frame = _frame(container, stream, at_us if length_us else None)
            if frame is not None:
                yield _upright(frame)


def shown_size(container: Any, stream: Any) -> tuple[int, int]:
    """Return the width and height of a video as displayed, taken from its first frame."""
    frame = next(container.decode(stream))
    return (frame.height, frame.width) if round(frame.rotation) % 180 == 90 else (frame.width, frame.height)


@contextlib.contextmanager
def opened(file: BinaryIO) -> Iterator[tuple[Any, Any]]:
    """Open a video and yield its PyAV container and video stream. Raises OSError and MissingPackageError."""
    av = import_decoder(VIDEO)
    try:
        file.seek(0)
        with av.open(file, options=_OPTIONS) as container:
            if not container.streams.video:
                raise OSError("the file has no video stream")
            stream = container.streams.video[0]
            check_megapixels(stream.codec_context.width, stream.codec_context.height)
            stream.codec_context.options = {"max_pixels": str(most_pixels())}  # a later frame may be larger
            stream.codec_context.thread_count = 1  # the pool already runs one process per core
            yield container, stream
    except av.FFmpegError as error:
        raise OSError(error.strerror or "cannot be read") from error


def _frame(container: Any, stream: Any, at_us: int | None) -> Any:
    """Return the frame shown at a time, or the last readable frame before it; None if no frame can be read."""
    found = _decode_frame(container, stream, at_us, at_us)
    if found is None and at_us and container.format.name in _WITHOUT_INDEX:
        found = _decode_frame(container, stream, 0, at_us)
    return found


def _decode_frame(container: Any, stream: Any, seek_us: int | None, at_us: int | None) -> Any:
    if seek_us is not None:
        container.seek(seek_us)
    found = None
    for frame in container.decode(stream):
        if found is not None and at_us is not None and frame.time is not None and frame.time * 1_000_000 > at_us:
            break
        found = frame
        if at_us is None:
            break
    return found


def _upright(frame: Any) -> Image.Image:
    picture: Image.Image = frame.to_image()
    turn = _TURNS.get(round(frame.rotation) % 360)
    return picture if turn is None else picture.transpose(turn)
