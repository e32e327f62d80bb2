"""The painter: deterministic scenes, pictures of them, their captions, and folders of photos."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcsearch.demo.painter import COLOURS_OF, PLACES, SUBJECTS, TIMES, Scene, captions, paint, paint_folder, scenes
from mcsearch.demo.phrases import Meaning


def test_world_is_as_large_as_promised() -> None:
    assert len(SUBJECTS) >= 8
    assert len(PLACES) == 6
    assert set(TIMES) == {"day", "sunset", "night"}
    assert set(COLOURS_OF) <= set(SUBJECTS)


def test_scenes_depend_on_the_seed_alone() -> None:
    assert scenes(50, seed=4) == scenes(50, seed=4)
    assert scenes(50, seed=4) != scenes(50, seed=5)


def test_scenes_go_through_all_combinations_before_repeating_one() -> None:
    combinations = len(SUBJECTS) * len(PLACES) * len(TIMES)
    counts = Counter((scene.subject, scene.place, scene.time) for scene in scenes(combinations + 10, seed=1))
    assert len(counts) == combinations
    assert max(counts.values()) == 2


def test_painting_is_deterministic_and_fills_the_size() -> None:
    scene = Scene("dog", "beach", "day", "brown", seed=11)
    picture = paint(scene, (320, 240))
    assert picture.mode == "RGB"
    assert picture.size == (320, 240)
    assert picture.tobytes() == paint(scene, (320, 240)).tobytes()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_changes_the_picture_of_every_place(subject: str) -> None:
    colour = COLOURS_OF[subject][0] if subject in COLOURS_OF else None
    other = "cat" if subject != "cat" else "car"
    for place in PLACES:
        with_it = np.asarray(paint(Scene(subject, place, "day", colour, 3), (160, 120)), dtype=np.int16)
        without = np.asarray(paint(Scene(other, place, "day", COLOURS_OF[other][0], 3), (160, 120)), dtype=np.int16)
        assert np.mean(np.abs(with_it - without).max(axis=2) > 40) > 0.02


def test_night_is_darker_than_day() -> None:
    for place in PLACES:
        day, night = (
            np.asarray(paint(Scene("horse", place, time, "brown", 5), (160, 120))).mean() for time in ("day", "night")
        )
        assert night < 0.75 * day


def test_pictures_are_framed_as_landscape_portrait_and_square() -> None:
    shapes = {np.sign(picture.width - picture.height) for picture in map(paint, scenes(25, seed=2))}
    assert shapes == {-1, 0, 1}


def test_captions_use_the_words_people_use() -> None:
    found = captions(Scene("car", "city", "night", "red", seed=0))
    assert len(found) == len(set(found))
    for caption in ("a red car in a city at night", "a photo of a car in a city", "red car", "car", "city", "night"):
        assert caption in found


def test_meaning_fits_what_agrees_in_all_it_says() -> None:
    shown = Meaning("dog", "beach", "day", "black")
    assert Meaning("dog").fits(shown)
    assert Meaning("dog", "beach").fits(shown)
    assert not Meaning("dog", "forest").fits(shown)
    assert not Meaning("dog", colour="white").fits(shown)
    assert all(part.fits(shown) for part in shown.parts())


def test_folder_holds_dated_jpegs_in_sub_folders(tmp_path: Path) -> None:
    paths = paint_folder(tmp_path, count=8, seed=7)
    assert sorted(paths) == sorted(tmp_path.rglob("*.jpg"))
    assert len({path.parent for path in paths}) > 1
    for path, scene in zip(paths, scenes(8, seed=7), strict=True):
        assert path.name.startswith(f"{scene.subject}-{scene.place}-{scene.time}-")
        with Image.open(path) as image:
            assert image.format == "JPEG"
            taken = image.getexif().get_ifd(0x8769)[0x9003]
            assert 2019 <= int(taken[:4]) <= 2024
