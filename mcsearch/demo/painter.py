"""Paint small synthetic photos from a seed, for the demo and for tests: `python -m mcsearch.demo.painter FOLDER`."""

import argparse
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mcsearch.demo.backdrops import BACKDROPS, flakes
from mcsearch.demo.canvas import LIGHTS, Colour, Pen, varied
from mcsearch.demo.figures import FIGURES, PAINTS
from mcsearch.demo.phrases import Meaning, phrases
from mcsearch.demo.stage import Stage

SUBJECTS: tuple[str, ...] = tuple(FIGURES)
PLACES: tuple[str, ...] = tuple(BACKDROPS)
TIMES: tuple[str, ...] = tuple(LIGHTS)
COLOURS: tuple[str, ...] = tuple(PAINTS)

# The colours of each subject. The other subjects have no colour that people would name.
COLOURS_OF: dict[str, tuple[str, ...]] = {
    "dog": ("white", "black", "brown"),
    "cat": ("white", "black", "brown"),
    "horse": ("white", "black", "brown"),
    "car": ("red", "yellow", "blue", "green", "white"),
    "boat": ("red", "yellow", "blue", "green"),
    "house": ("red", "yellow", "blue", "green", "white"),
    "bicycle": ("red", "yellow", "blue", "green"),
    "bird": ("red", "yellow", "blue", "green"),
    "flower": ("red", "yellow", "blue", "white"),
}
SHIRTS: tuple[Colour, ...] = (
    (196, 70, 70),
    (70, 120, 180),
    (236, 190, 90),
    (90, 150, 110),
    (230, 230, 226),
    (150, 100, 160),
)
FRAMES: tuple[tuple[int, int], ...] = ((480, 360), (480, 360), (360, 480), (400, 400), (540, 360))
# Figures differ in width at equal height; these heights give them about equal areas.
HEIGHTS: dict[str, float] = {
    "dog": 0.48, "cat": 0.46, "person": 0.62, "car": 0.36, "boat": 0.52, "tree": 0.66,
    "house": 0.52, "bird": 0.42, "horse": 0.56, "bicycle": 0.42, "flower": 0.56,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """The content of one picture. `seed` determines everything else: position, size, pose, framing, noise."""

    subject: str
    place: str
    time: str
    colour: str | None
    seed: int

    @property
    def meaning(self) -> Meaning:
        """Everything that a caption can say about this scene."""
        return Meaning(self.subject, self.place, self.time, self.colour)


def scenes(count: int, seed: int) -> list[Scene]:
    """Return `count` scenes that use all combinations of subject, place and time before repeating one."""
    rng = random.Random(seed)
    result: list[Scene] = []
    while len(result) < count:
        combinations = [(s, p, t) for s in SUBJECTS for p in PLACES for t in TIMES]
        rng.shuffle(combinations)
        for subject, place, time in combinations[: count - len(result)]:
            colours = COLOURS_OF.get(subject)
            colour = rng.choice(colours) if colours else None
            result.append(Scene(subject, place, time, colour, rng.getrandbits(32)))
    return result


def captions(scene: Scene) -> list[str]:
    """Return captions that people would type to find this scene, from specific to general."""
    return [text for meaning in scene.meaning.parts() for text in phrases(meaning)]


def paint(scene: Scene, size: tuple[int, int] | None = None) -> Image.Image:
    """Return the scene as an RGB picture of `size` (width, height), or of a size determined by its seed."""
    rng = random.Random(f"{scene.seed} {scene.subject} {scene.place} {scene.time}")
    chosen = rng.choice(FRAMES)
    width, height = size or chosen
    image = Image.new("RGB", (2 * width, 2 * height))
    stage = Stage(image, ImageDraw.Draw(image), rng, scene.time)
    ground = BACKDROPS[scene.place](stage)
    _place_subject(stage, scene, ground)
    if scene.place == "snow":
        flakes(stage)
    return _developed(image.reduce(2), rng)


def _place_subject(stage: Stage, scene: Scene, ground: float) -> None:
    rng = stage.rng
    width, height = stage.image.size
    scale = stage.unit * HEIGHTS[scene.subject] * rng.uniform(0.85, 1.25)
    x = width / 2 + (width - stage.unit) / 2 * rng.uniform(-0.5, 0.5) + stage.unit * rng.uniform(-0.14, 0.14)
    feet = height * (1 - rng.uniform(0.04, max(0.08, ground * 0.8)))
    shade = (0, 0, 0, 70)
    half = scale * (1.0 if scene.subject == "car" else 0.5)
    shadow = Image.new("RGBA", (round(half * 2.2), max(2, round(scale * 0.12))))
    ImageDraw.Draw(shadow).ellipse((0, 0, shadow.width - 1, shadow.height - 1), fill=shade)
    stage.image.paste(shadow, (round(x - shadow.width / 2), round(feet - shadow.height / 2)), shadow)
    paint = varied(PAINTS[scene.colour], rng, 8) if scene.colour else varied(rng.choice(SHIRTS), rng)
    # These two choose a second colour (roof, centre) that contrasts with exactly this one.
    if scene.subject in ("house", "flower") and scene.colour:
        paint = PAINTS[scene.colour]
    tilt = rng.uniform(-0.04, 0.04)
    pen = Pen(stage.draw, x, feet, scale, LIGHTS[scene.time].figure, rng.random() < 0.5, tilt)
    FIGURES[scene.subject](pen, rng, paint)


def _developed(image: Image.Image, rng: random.Random) -> Image.Image:
    """Return the picture as from a camera: a little too bright or dark, a little warm or cold, with noise."""
    pixels = np.asarray(image, dtype=np.float32)
    noise = np.random.default_rng(rng.getrandbits(32))
    gain = rng.uniform(0.9, 1.1) * np.array([rng.uniform(0.97, 1.03) for _ in range(3)], dtype=np.float32)
    pixels = pixels * gain + noise.standard_normal(pixels.shape, dtype=np.float32) * rng.uniform(1, 5)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def paint_folder(folder: Path, count: int, seed: int) -> list[Path]:
    """Paint `count` scenes as JPEG files with dates, one sub-folder for each place, and return their paths."""
    paths = []
    rng = random.Random(seed)
    for number, scene in enumerate(scenes(count, seed), start=1):
        path = folder / scene.place / f"{scene.subject}-{scene.place}-{scene.time}-{number:04d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        paint(scene).save(path, quality=90, exif=_exif(scene, rng))
        paths.append(path)
    return paths


def _exif(scene: Scene, rng: random.Random) -> Image.Exif:
    """Return EXIF data with a random date from 2019 to 2024, at an hour that fits the light of the scene."""
    hour = {"day": 12, "sunset": 20, "night": 23}[scene.time]
    taken = datetime(2019, 1, 1, hour) + timedelta(days=rng.randrange(6 * 365), minutes=rng.randrange(60))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    return exif


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint a folder of small synthetic photos.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    paths = paint_folder(arguments.folder, arguments.count, arguments.seed)
    print(f"{len(paths)} pictures in {arguments.folder}")


if __name__ == "__main__":
    main()
