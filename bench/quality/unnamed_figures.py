"""Draw figures that no word of the demo model names, in scenes like the painted ones."""

import math
import random

from mcsearch.demo.canvas import Colour, Pen, shaded
from mcsearch.demo.figures import DARK, FIGURES
from mcsearch.demo.painter import HEIGHTS, PLACES, TIMES, Scene


def windmill(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a windmill with four sails at any angle."""
    pen.polygon([(-0.24, 0.0), (0.24, 0.0), (0.14, 0.66), (-0.14, 0.66)], (226, 220, 206))
    pen.polygon([(-0.18, 0.64), (0.18, 0.64), (0.0, 0.84)], paint)
    pen.box(-0.06, 0.0, 0.06, 0.17, DARK)
    start = rng.uniform(0, math.tau / 4)
    for sail in range(4):
        angle = start + sail * math.tau / 4
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        tip = (0.46 * along[0], 0.66 + 0.46 * along[1])
        pen.line([(0.0, 0.66), tip], 0.03, DARK)
        near, far, wide = 0.12, 0.46, 0.12
        pen.polygon(
            [
                (near * along[0], 0.66 + near * along[1]),
                tip,
                (far * along[0] + wide * across[0], 0.66 + far * along[1] + wide * across[1]),
                (near * along[0] + wide * across[0], 0.66 + near * along[1] + wide * across[1]),
            ],
            (246, 244, 236),
        )


def tent(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a tent with an open door and two ropes."""
    side = shaded(paint, 0.7)
    pen.polygon([(-0.7, 0.0), (0.3, 0.0), (-0.2, 0.9)], paint)
    pen.polygon([(0.3, 0.0), (0.78, 0.1), (0.36, 0.86), (-0.2, 0.9)], side)
    pen.polygon([(-0.36, 0.0), (0.0, 0.0), (-0.19, rng.uniform(0.5, 0.66))], DARK)
    for x, y in ((-0.98, 0.0), (1.02, 0.06)):
        pen.line([(-0.2 if x < 0 else 0.36, 0.88), (x, y)], 0.016, DARK)


def snowman(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a snowman with a hat, a carrot and a scarf."""
    white = (244, 246, 250)
    for height, radius in ((0.22, 0.25), (0.54, 0.19), (0.78, 0.14)):
        pen.ellipse((0.0, height), radius, radius, white)
    pen.box(-0.2, 0.87, 0.2, 0.9, DARK)
    pen.box(-0.12, 0.9, 0.12, 1.06, DARK)
    pen.line([(-0.14, 0.66), (0.14, 0.66)], 0.06, paint)
    pen.line([(0.1, 0.66), (0.14, 0.46)], 0.05, paint)
    pen.polygon([(0.02, 0.8), (0.02, 0.75), (0.2, 0.77)], (238, 126, 36))
    for x in (-0.05, 0.06):
        pen.ellipse((x, 0.83), 0.02, 0.02, DARK)
    for x, y in ((-0.18, rng.uniform(0.6, 0.8)), (0.18, rng.uniform(0.6, 0.8))):
        pen.line([(x, 0.56), (2.4 * x, y)], 0.025, (96, 66, 42))


UNNAMED = {"windmill": (windmill, 0.66), "tent": (tent, 0.46), "snowman": (snowman, 0.58)}


def unnamed_scenes(subject: str, count: int, seed: int) -> list[Scene]:
    """Return scenes with a figure of UNNAMED, in all places and at all times, for `paint`."""
    FIGURES[subject], HEIGHTS[subject] = UNNAMED[subject]
    rng = random.Random(f"{subject} {seed}")
    return [Scene(subject, rng.choice(PLACES), rng.choice(TIMES), None, rng.getrandbits(32)) for _ in range(count)]
