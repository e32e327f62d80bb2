"""Videos: frames spread over the length, the right way up, from files whatever is in them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcsearch.photos.pixels.decode import DecodeError, decode_video
from mcsearch.photos.pixels.video import FRAMES
from mcsearch.records.embeddings import Framing
from tests.support.samples import corners, encoded, quarters
from tests.support.videos import video

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]


def test_frames_are_spread_over_the_length() -> None:
    pictures = [Image.new("RGB", (64, 48), colour) for colour in COLOURS]
    pixels = decode_video(io.BytesIO(video(pictures)), Framing(32)).pixels
    assert pixels.shape == (FRAMES, 32, 32, 3)
    assert np.allclose(pixels[:, 16, 16], COLOURS, atol=12)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_video_stands_upright(turned: int) -> None:
    stored = quarters().rotate(turned, expand=True)  # anticlockwise, so that turning it clockwise sets it right
    pixels = decode_video(io.BytesIO(video([stored], turned=turned)), Framing(48)).pixels
    assert np.allclose(corners(pixels[0]), corners(np.asarray(quarters())), atol=16)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no film", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:OTHER\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile OTHER\n", encoded(quarters(), "JPEG"), video([quarters()])[:300],
    ],
    ids=["empty", "text", "playlist", "list of files", "picture", "cut short"],
)  # fmt: skip
def test_what_is_no_video_is_one_sentence_and_leads_to_no_other_file(tmp_path: Path, content: bytes) -> None:
    other = str(tmp_path / "other.mp4")
    Path(other).write_bytes(video([quarters()]))
    content = content.replace(b"OTHER", other.encode())
    with pytest.raises(DecodeError) as raised:
        decode_video(io.BytesIO(content), Framing(32))
    assert str(raised.value).startswith("damaged picture (")
    assert str(tmp_path) not in str(raised.value)
