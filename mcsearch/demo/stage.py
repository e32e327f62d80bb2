"""A picture being painted: its light, the pens to draw on it, and its sky."""

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from mcsearch.demo.canvas import LIGHTS, Colour, Light, Pen, varied


@dataclass(frozen=True, slots=True)
class Stage:
    """A picture being painted. Lengths are in pixels; `unit` is the shorter side of the picture."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    rng: random.Random
    time: str

    @property
    def light(self) -> Light:
        return LIGHTS[self.time]

    @property
    def unit(self) -> int:
        return min(self.image.size)

    def pen(self, x: float, y: float, scale: float, *, mirrored: bool = False) -> Pen:
        """Return a pen for an object in the landscape that stands at a pixel."""
        return Pen(self.draw, x, y, scale, self.light.land, mirrored)

    def flat(self) -> Pen:
        """Return a pen for bands of land, in fractions of the picture's width and height from its lower left corner."""
        width, height = self.image.size
        return _Flat(self.draw, 0, height, 1, self.light.land, width=width, height=height)

    def gradient(self, box: tuple[int, int, int, int], top: Colour, bottom: Colour) -> None:
        """Fill a box of pixels with a vertical gradient."""
        left, upper, right, lower = box
        ramp = np.linspace(top, bottom, max(2, lower - upper)).astype(np.uint8)[:, None, :]
        self.image.paste(Image.fromarray(ramp).resize((right - left, lower - upper)), (left, upper))


@dataclass(frozen=True, slots=True)
class _Flat(Pen):
    width: int = 1
    height: int = 1

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * self.width, (1 - point[1]) * self.height


def sky(stage: Stage, box: tuple[int, int, int, int]) -> None:
    """Paint the sky in a box of pixels: the sun and clouds, a low sun, or the moon and stars."""
    rng, draw = stage.rng, stage.draw
    left, upper, right, lower = box
    width, height = right - left, lower - upper
    stage.gradient(box, varied(stage.light.sky_top, rng, 10), varied(stage.light.sky_bottom, rng, 10))
    size = min(width, height) * rng.uniform(0.09, 0.15)
    x = left + width * rng.uniform(0.1, 0.9)
    if stage.time == "night":
        for _ in range(rng.randint(30, 70)):
            sx, sy, r = left + rng.random() * width, upper + rng.random() * height, width * rng.uniform(0.001, 0.0035)
            draw.ellipse((sx - r, sy - r, sx + r, sy + r), fill=(240, 240, 220))
        y = upper + height * rng.uniform(0.15, 0.4)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(246, 242, 214))
        draw.ellipse((x - size * 0.4, y - size * 1.1, x + size * 1.5, y + size * 0.8), fill=stage.light.sky_top)
        return
    if stage.time == "sunset":
        y = upper + height * rng.uniform(0.6, 0.85)
        for ring, colour in ((2.6, (255, 166, 84)), (1.9, (255, 184, 96)), (1.3, (255, 224, 150))):
            r = size * ring
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    else:
        y = upper + height * rng.uniform(0.12, 0.35)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=(255, 240, 160))
    colour = (255, 255, 255) if stage.time == "day" else (226, 124, 110)
    for _ in range(rng.randint(1, 3)):
        cx, cy = left + width * rng.random(), upper + height * rng.uniform(0.1, 0.5)
        for k in range(4):
            r = size * rng.uniform(0.5, 0.8)
            draw.ellipse(
                (cx + (k - 2) * r * 1.1 - r, cy - r * 0.62, cx + (k - 2) * r * 1.1 + r, cy + r * 0.62), fill=colour
            )
