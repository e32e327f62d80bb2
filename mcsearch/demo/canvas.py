"""Tools to draw figures and backdrops: light, and a pen that turns, mirrors and scales."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """The colours of the sky at a time of day, and the factors for the colours of the land and of a figure on it."""

    sky_top: Colour
    sky_bottom: Colour
    land: tuple[float, float, float]
    figure: tuple[float, float, float]


LIGHTS: dict[str, Light] = {
    "day": Light((74, 144, 226), (196, 226, 250), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0)),
    "sunset": Light((92, 66, 130), (255, 150, 72), (0.92, 0.66, 0.54), (0.97, 0.80, 0.70)),
    "night": Light((10, 14, 44), (40, 54, 108), (0.36, 0.40, 0.60), (0.68, 0.72, 0.88)),
}


def tinted(colour: Colour, tint: tuple[float, float, float]) -> Colour:
    """Return the colour as it appears under a light."""
    red, green, blue = (min(255, round(channel * factor)) for channel, factor in zip(colour, tint, strict=True))
    return red, green, blue


def shaded(colour: Colour, factor: float) -> Colour:
    """Return the colour, darker (factor below 1) or mixed with white (above 1)."""
    if factor <= 1:
        return tinted(colour, (factor, factor, factor))
    red, green, blue = (round(channel + (255 - channel) * (factor - 1)) for channel in colour)
    return red, green, blue


def varied(colour: Colour, rng: random.Random, by: int = 14) -> Colour:
    """Return a random colour near the given one."""
    red, green, blue = (max(0, min(255, channel + rng.randint(-by, by))) for channel in colour)
    return red, green, blue


def smooth(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Return a closed Catmull-Rom curve through the points."""
    curve = []
    count = len(points)
    for i in range(count):
        before, start, end, after = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            x, y = (
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
                for a, b, c, d in zip(before, start, end, after, strict=True)
            )
            curve.append((x, y))
    return curve


@dataclass(frozen=True, slots=True)
class Pen:
    """A pen that draws in a figure's own coordinates.

    (0, 0) is the point where the figure stands, (0, 1) its top, and x grows to the side it faces. All colours are
    tinted by `tint`, except those of shapes that glow.
    """

    draw: ImageDraw.ImageDraw
    x: float
    y: float
    scale: float
    tint: tuple[float, float, float]
    mirrored: bool = False
    tilt: float = 0.0

    def at(self, point: Point) -> Point:
        """Return the position in pixels of a point of the figure."""
        x, y = point
        if self.mirrored:
            x = -x
        cosine, sine = math.cos(self.tilt), math.sin(self.tilt)
        return self.x + self.scale * (x * cosine - y * sine), self.y - self.scale * (x * sine + y * cosine)

    def polygon(self, points: Sequence[Point], colour: Colour, *, glows: bool = False) -> None:
        """Fill a polygon."""
        self.draw.polygon([self.at(p) for p in points], fill=colour if glows else tinted(colour, self.tint))

    def blob(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill the smooth closed curve through the points."""
        self.polygon(smooth(points), colour)

    def ellipse(
        self, centre: Point, width: float, height: float, colour: Colour, *, turn: float = 0.0, glows: bool = False
    ) -> None:
        """Fill an ellipse of the given half width and half height, turned by an angle in radians."""
        cosine, sine = math.cos(turn), math.sin(turn)
        points = []
        for k in range(28):
            u, v = width * math.cos(k * math.tau / 28), height * math.sin(k * math.tau / 28)
            points.append((centre[0] + u * cosine - v * sine, centre[1] + u * sine + v * cosine))
        self.polygon(points, colour, glows=glows)

    def box(self, left: float, bottom: float, right: float, top: float, colour: Colour, *, glows: bool = False) -> None:
        """Fill a rectangle."""
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], colour, glows=glows)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a line with round ends."""
        pixels = [self.at(p) for p in points]
        thick = max(1, round(width * self.scale))
        fill = tinted(colour, self.tint)
        self.draw.line(pixels, fill=fill, width=thick, joint="curve")
        if thick > 2:
            for x, y in (pixels[0], pixels[-1]):
                self.draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=fill)

    def ring(self, centre: Point, radius: float, width: float, colour: Colour) -> None:
        """Draw the outline of a circle."""
        points = [
            (centre[0] + radius * math.cos(k * math.tau / 32), centre[1] + radius * math.sin(k * math.tau / 32))
            for k in range(33)
        ]
        self.line(points, width, colour)
