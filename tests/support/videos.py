"""Videos for tests: a few plain or quartered pictures, each shown for a second."""

import io
import struct
from collections.abc import Sequence

import av
import numpy as np
from PIL import Image

RATE = 25  # which MPEG-1 knows
_CONTAINERS = {
    ".mkv": "matroska", ".m4v": "mp4", ".mts": "mpegts", ".m2ts": "mpegts", ".mpg": "mpeg", ".mpeg": "mpeg",
    ".wmv": "asf",
}  # fmt: skip
_CODECS = {
    ".webm": "libvpx", ".mts": "libx264", ".m2ts": "mpeg2video", ".mpg": "mpeg1video", ".mpeg": "mpeg1video",
    ".wmv": "wmv2",
}  # fmt: skip
_IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# The turn clockwise that is to be made when it is shown → the matrix of an MP4 file that says so.
_MATRICES = {
    90: struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000),
    180: struct.pack(">9i", -0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000),
    270: struct.pack(">9i", 0, -0x10000, 0, 0x10000, 0, 0, 0, 0, 0x40000000),
}


def video(pictures: Sequence[Image.Image], suffix: str = ".mp4", turned: int = 0) -> bytes:
    """The pictures, a second each, as a video in the container of a suffix."""
    file = io.BytesIO()
    with av.open(file, "w", format=_CONTAINERS.get(suffix, suffix[1:])) as container:
        stream = container.add_stream(_CODECS.get(suffix, "mpeg4"), rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *pictures[0].size, "yuv420p"
        stream.bit_rate = 4_000_000
        for picture in pictures:
            for _ in range(RATE):
                frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    content = file.getvalue()
    if turned:
        start = content.index(_IDENTITY, content.index(b"tkhd"))
        content = content[:start] + _MATRICES[turned] + content[start + len(_IDENTITY) :]
    return content
