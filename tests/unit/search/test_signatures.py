"""search/signatures.py, cropping.py and look_alikes.py on real photographs, copies of them, and what looks alike."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from mcsearch.search import cropping, look_alikes
from mcsearch.search.look_alikes import hash_pairs
from mcsearch.search.signatures import PIXELS, distances, hashes, likeness, signature
from tests.support.pictures import photographs

Transpose = Image.Transpose


def _signature(picture: Image.Image) -> npt.NDArray[np.int8]:
    square = picture.convert("RGB").resize((PIXELS, PIXELS), Image.Resampling.BICUBIC, reducing_gap=3)
    return signature(np.asarray(square))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """Real photographs, at a size that a test has time for."""
    return [Image.open(path).convert("RGB").resize((480, 360)) for path in photographs()[:7]]


@pytest.fixture(scope="module")
def signatures(pictures: list[Image.Image]) -> npt.NDArray[np.int8]:
    """Of the pictures."""
    return np.stack([_signature(picture) for picture in pictures])


@pytest.mark.parametrize("turn", [None, *Transpose])
def test_turned_and_mirrored_pictures_are_the_same(
    pictures: list[Image.Image], signatures: npt.NDArray[np.int8], turn: Transpose | None
) -> None:
    turned = [picture if turn is None else picture.transpose(turn) for picture in pictures]
    others = np.stack([_signature(picture.resize((240, 200))) for picture in turned])
    assert likeness(signatures, others).min() > 0.95
    assert distances(hashes(signatures), hashes(others)).max() < 40


def test_crops_and_borders_are_parts(pictures: list[Image.Image], signatures: npt.NDArray[np.int8]) -> None:
    boxes = [(24, 18, 456, 342), (48, 36, 480, 360), (0, 18, 470, 360), (5, 5, 470, 350)]
    for box in boxes:
        cut = np.stack([_signature(picture.crop(box)) for picture in pictures])
        assert (cropping.agreement(signatures, cut) > 0.88).mean() >= 6 / 7, box
    framed = np.stack([_signature(ImageOps.expand(picture, 12, "black")) for picture in pictures])
    assert (cropping.agreement(signatures, framed) > 0.88).mean() >= 5 / 7


def test_different_pictures_are_neither(signatures: npt.NDArray[np.int8]) -> None:
    first, second = np.triu_indices(len(signatures), 1)
    assert likeness(signatures[first], signatures[second]).max() < 0.6
    assert cropping.agreement(signatures[first], signatures[second]).max() < 0.6


def test_a_shifted_shot_is_no_part(pictures: list[Image.Image]) -> None:
    left = np.stack([_signature(picture.crop((0, 0, 432, 324))) for picture in pictures])
    right = np.stack([_signature(picture.crop((48, 36, 480, 360))) for picture in pictures])
    assert cropping.agreement(left, right).max() < 0.88


def test_pictures_of_one_colour_are_like_nothing() -> None:
    plain = np.stack([_signature(Image.new("RGB", (64, 64), colour)) for colour in ("black", "white")])
    assert not plain.any()
    assert likeness(plain[:1], plain[1:]).max() <= 0


@pytest.mark.parametrize("exact_up_to", [16_384, 10])
def test_pairs_are_found_in_any_position(
    monkeypatch: pytest.MonkeyPatch, signatures: npt.NDArray[np.int8], pictures: list[Image.Image], exact_up_to: int
) -> None:
    monkeypatch.setattr(look_alikes, "EXACT_UP_TO", exact_up_to)
    turned = np.stack([_signature(picture.transpose(Transpose.ROTATE_270)) for picture in pictures])
    words = hashes(np.concatenate([signatures, turned]))
    found = {pair for first, second in hash_pairs(words) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert {(number, number + len(pictures)) for number in range(len(pictures))} <= found
    assert all(first < second for first, second in found)
