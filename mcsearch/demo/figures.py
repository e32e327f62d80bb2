"""Draw the subjects of a scene. A figure faces right, stands on y = 0 and is one unit high."""

import math
import random
from collections.abc import Callable

from mcsearch.demo.canvas import Colour, Pen, Point, shaded, varied

# The values of the named colours, both for things and for the coats of animals.
PAINTS: dict[str, Colour] = {
    "red": (208, 36, 40),
    "yellow": (246, 200, 44),
    "blue": (40, 92, 206),
    "green": (46, 150, 74),
    "white": (240, 240, 236),
    "black": (50, 49, 54),
    "brown": (142, 88, 48),
}
DARK: Colour = (34, 32, 36)
GLASS: Colour = (178, 214, 232)
LAMP: Colour = (255, 222, 130)
SKINS: tuple[Colour, ...] = ((244, 208, 178), (222, 170, 130), (168, 116, 80), (104, 70, 50))


def _curve(start: Point, middle: Point, end: Point, steps: int = 10) -> list[Point]:
    """Return points of a quadratic Bézier curve."""
    points = []
    for k in range(steps + 1):
        t = k / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        points.append((a * start[0] + b * middle[0] + c * end[0], a * start[1] + b * middle[1] + c * end[1]))
    return points


def _eye(pen: Pen, centre: Point, radius: float, iris: Colour = DARK) -> None:
    pen.ellipse(centre, radius, radius, iris)
    pen.ellipse((centre[0] + radius * 0.3, centre[1] + radius * 0.35), radius * 0.35, radius * 0.35, (255, 255, 255))


def dog(pen: Pen, rng: random.Random, coat: Colour) -> None:
    """Draw a dog in profile, with floppy ears, a snout, a collar and a tail that wags."""
    far, dark = shaded(coat, 0.72), shaded(coat, 0.55)
    step = rng.uniform(-0.07, 0.07)
    for x, shift in ((-0.34, -step), (0.22, step)):
        pen.line([(x + 0.1, 0.42), (x + 0.1 + shift, 0.04)], 0.11, far)
    pen.line(_curve((-0.5, 0.55), (-0.72, 0.6), (-0.68, rng.uniform(0.72, 0.98))), 0.085, coat)
    pen.blob(
        [(-0.54, 0.5), (-0.42, 0.68), (0.0, 0.64), (0.3, 0.74), (0.42, 0.6), (0.3, 0.34), (-0.1, 0.36), (-0.44, 0.3)],
        coat,
    )
    for x, shift in ((-0.42, step), (0.26, -step)):
        pen.line([(x, 0.42), (x + shift, 0.04)], 0.13, coat)
        pen.ellipse((x + shift + 0.04, 0.035), 0.09, 0.04, coat)
    pen.line([(0.26, 0.52), (0.4, 0.8)], 0.24, coat)
    pen.line([(0.24, 0.68), (0.47, 0.62)], 0.055, (214, 44, 52))
    pen.ellipse((0.46, 0.84), 0.19, 0.16, coat)
    pen.blob([(0.5, 0.9), (0.72, 0.84), (0.78, 0.76), (0.68, 0.7), (0.48, 0.7)], shaded(coat, 1.25))
    pen.ellipse((0.66, 0.66), 0.05, 0.085, (236, 110, 120))
    pen.ellipse((0.765, 0.805), 0.05, 0.042, DARK)
    pen.line([(0.56, 0.74), (0.72, 0.74)], 0.014, dark)
    pen.blob([(0.3, 0.96), (0.4, 0.98), (0.42, 0.8), (0.34, 0.62), (0.26, 0.68), (0.26, 0.86)], dark)
    _eye(pen, (0.53, 0.88), 0.034)


def cat(pen: Pen, rng: random.Random, coat: Colour) -> None:
    """Draw a cat that sits facing us, with pointed ears, whiskers and its tail around its feet."""
    dark, light = shaded(coat, 0.68), shaded(coat, 1.45)
    pen.line(_curve((0.22, 0.08), (0.72, 0.0), (0.5, rng.uniform(0.3, 0.5))), 0.1, dark)
    pen.blob([(0.0, 0.6), (0.2, 0.5), (0.33, 0.2), (0.28, 0.02), (-0.28, 0.02), (-0.33, 0.2), (-0.2, 0.5)], coat)
    pen.ellipse((0.0, 0.28), 0.13, 0.2, light)
    for x in (-0.1, 0.1):
        pen.line([(x, 0.3), (x, 0.05)], 0.11, coat)
        pen.ellipse((x, 0.04), 0.085, 0.045, light)
    for side in (-1, 1):
        pen.polygon([(side * 0.27, 0.74), (side * 0.27, 1.02), (side * 0.05, 0.88)], coat)
        pen.polygon([(side * 0.23, 0.78), (side * 0.235, 0.94), (side * 0.1, 0.87)], (236, 160, 160))
    pen.ellipse((0.0, 0.7), 0.3, 0.24, coat)
    for x in (-0.07, 0.0, 0.07):
        pen.line([(x, 0.93), (x * 0.8, 0.84)], 0.025, dark)
    for side in (-1, 1):
        pen.ellipse((side * 0.12, 0.73), 0.062, 0.062, (150, 206, 84))
        pen.ellipse((side * 0.12, 0.73), 0.022, 0.055, DARK)
        for rise in (-0.04, 0.0, 0.04):
            pen.line(
                [(side * 0.1, 0.61), (side * 0.42, 0.62 + rise)], 0.01, shaded(coat, 0.4) if sum(coat) > 300 else light
            )
    pen.ellipse((0.0, 0.6), 0.1, 0.07, light)
    pen.polygon([(-0.035, 0.645), (0.035, 0.645), (0.0, 0.605)], (226, 110, 120))


def person(pen: Pen, rng: random.Random, shirt: Colour) -> None:
    """Draw a person standing or walking, sometimes waving, with short or long hair."""
    skin = rng.choice(SKINS)
    hair = rng.choice([(40, 28, 24), (96, 60, 32), (206, 164, 88), (150, 64, 30)])
    trousers = varied(rng.choice([(52, 68, 112), (70, 66, 62), (120, 92, 66)]), rng)
    stride = rng.uniform(0.03, 0.13)
    long_hair = rng.random() < 0.5
    if long_hair:
        pen.blob([(-0.12, 0.92), (0.0, 1.0), (0.12, 0.92), (0.13, 0.72), (-0.13, 0.72)], hair)
    for side in (-1, 1):
        pen.line([(side * 0.05, 0.46), (side * stride, 0.05)], 0.105, trousers)
        pen.ellipse((side * stride + 0.03, 0.03), 0.08, 0.035, DARK)
    for side in (-1, 1):
        waving = side == 1 and rng.random() < 0.35
        hand = (side * 0.27, 0.97) if waving else (side * rng.uniform(0.18, 0.3), 0.44)
        elbow = (side * 0.26, 0.68) if waving else (side * 0.22, 0.58)
        pen.line([(side * 0.12, 0.74), elbow], 0.085, shaded(shirt, 0.85))
        pen.line([elbow, hand], 0.065, skin)
        pen.ellipse(hand, 0.045, 0.045, skin)
    pen.blob([(-0.15, 0.77), (0.15, 0.77), (0.14, 0.58), (0.13, 0.42), (-0.13, 0.42), (-0.14, 0.58)], shirt)
    pen.line([(0, 0.76), (0, 0.83)], 0.08, shaded(skin, 0.88))
    pen.ellipse((0, 0.89), 0.088, 0.1, skin)
    pen.blob([(-0.1, 0.9), (-0.07, 0.99), (0.03, 1.01), (0.1, 0.92), (0.04, 0.945), (-0.06, 0.95)], hair)
    for x in (-0.03, 0.045):
        pen.ellipse((x, 0.895), 0.012, 0.014, DARK)
    pen.line(_curve((-0.025, 0.85), (0.01, 0.83), (0.045, 0.85)), 0.01, (150, 60, 60))


def car(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a small car in profile."""
    roof = rng.uniform(-0.06, 0.06)
    pen.blob([(-0.78 + roof, 0.56), (-0.5 + roof, 0.98), (0.12 + roof, 1.0), (0.52, 0.58), (0.0, 0.5)], paint)
    pen.polygon([(-0.6 + roof, 0.6), (-0.45 + roof, 0.88), (-0.18 + roof, 0.9), (-0.18 + roof, 0.6)], GLASS)
    pen.polygon([(-0.1 + roof, 0.6), (-0.1 + roof, 0.9), (0.1 + roof, 0.88), (0.36, 0.6)], GLASS)
    pen.blob(
        [(-1.08, 0.5), (-0.86, 0.6), (0.4, 0.6), (0.94, 0.5), (1.06, 0.3), (0.96, 0.18), (-1.0, 0.18), (-1.1, 0.3)],
        paint,
    )
    pen.line([(-1.0, 0.24), (0.98, 0.24)], 0.05, shaded(paint, 0.6))
    pen.line([(-0.14, 0.26), (-0.14, 0.56)], 0.018, shaded(paint, 0.6))
    pen.line([(-0.3, 0.48), (-0.2, 0.48)], 0.03, shaded(paint, 0.5))
    for x in (-0.62, 0.6):
        pen.ellipse((x, 0.2), 0.24, 0.24, shaded(paint, 0.5))
        pen.ellipse((x, 0.18), 0.2, 0.2, DARK)
        pen.ellipse((x, 0.18), 0.1, 0.1, (190, 194, 200))
    pen.ellipse((0.98, 0.42), 0.07, 0.07, LAMP, glows=True)
    pen.ellipse((-1.04, 0.42), 0.05, 0.07, (226, 48, 44), glows=True)


def boat(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a sailing boat, its hull and one of its sails in its colour."""
    belly = rng.uniform(0.0, 0.1)
    pen.line([(0.0, 0.2), (0.0, 1.0)], 0.03, (120, 84, 52))
    pen.polygon([*_curve((0.04, 0.98), (0.42 + belly, 0.6), (0.62, 0.3)), (0.04, 0.28)], (248, 246, 238))
    pen.polygon([*_curve((-0.04, 0.9), (-0.3 - belly, 0.6), (-0.46, 0.3)), (-0.04, 0.28)], shaded(paint, 1.15))
    pen.polygon([(0.0, 1.0), (0.0, 1.07), (-0.16, 1.03)], (226, 60, 50))
    pen.polygon([(-0.66, 0.24), (0.8, 0.26), (0.52, 0.0), (-0.5, 0.0)], paint)
    pen.line([(-0.64, 0.22), (0.77, 0.235)], 0.035, shaded(paint, 0.6))
    for x in (-0.3, -0.02, 0.26):
        pen.ellipse((x, 0.12), 0.035, 0.035, (245, 245, 240))


def tree(pen: Pen, rng: random.Random, _: Colour) -> None:
    """Draw a broad-leaved tree with a round crown, some with apples."""
    bark, leaf = varied((112, 76, 46), rng), varied((86, 160, 58), rng, 20)
    pen.polygon([(-0.1, 0.0), (0.1, 0.0), (0.05, 0.5), (-0.05, 0.5)], bark)
    pen.line([(0.0, 0.3), (0.2, 0.52)], 0.05, bark)
    pen.line([(0.0, 0.34), (-0.18, 0.54)], 0.045, bark)
    crown = [
        (-0.28, 0.58, 0.22),
        (0.28, 0.58, 0.22),
        (0.0, 0.56, 0.24),
        (-0.17, 0.76, 0.22),
        (0.18, 0.76, 0.22),
        (0.0, 0.82, 0.18),
    ]
    for x, y, radius in crown:
        pen.ellipse((x, y - 0.03), radius, radius, shaded(leaf, 0.72))
    for x, y, radius in crown:
        pen.ellipse((x - 0.02, y + 0.02), radius * 0.84, radius * 0.84, varied(leaf, rng, 10))
    if rng.random() < 0.5:
        for _k in range(9):
            angle, far = rng.uniform(0, math.tau), rng.uniform(0.05, 0.32)
            pen.ellipse((far * math.cos(angle), 0.66 + far * 0.7 * math.sin(angle)), 0.03, 0.03, (214, 40, 40))


def house(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a cottage with a gabled roof, a chimney, a door and lit windows."""
    roof = varied((150, 66, 50) if paint != PAINTS["red"] else (92, 84, 84), rng)
    pen.box(0.24, 0.6, 0.38, 1.0, (134, 92, 80))
    pen.box(-0.52, 0.0, 0.52, 0.56, paint)
    pen.box(-0.52, 0.0, 0.52, 0.06, shaded(paint, 0.7))
    pen.polygon([(-0.66, 0.52), (0.66, 0.52), (0.0, 1.0)], roof)
    for y in (0.62, 0.72, 0.82):
        half = 0.66 * (1.0 - y) / 0.48
        pen.line([(-half, y), (half, y)], 0.012, shaded(roof, 0.8))
    door = rng.choice([-0.3, 0.0, 0.3])
    pen.box(door - 0.1, 0.0, door + 0.1, 0.36, (98, 60, 40))
    pen.ellipse((door + 0.06, 0.17), 0.016, 0.016, LAMP)
    night = pen.tint[0] < 0.7
    for x in (-0.3, 0.0, 0.3):
        if x != door:
            pen.box(x - 0.12, 0.2, x + 0.12, 0.42, (250, 250, 246))
            pen.box(x - 0.1, 0.22, x + 0.1, 0.4, LAMP if night else GLASS, glows=night)
            pen.line([(x, 0.2), (x, 0.42)], 0.018, (250, 250, 246))
            pen.line([(x - 0.11, 0.31), (x + 0.11, 0.31)], 0.018, (250, 250, 246))


def bird(pen: Pen, rng: random.Random, plumage: Colour) -> None:
    """Draw a plump bird in profile, on its two thin legs or in flight with its wings up."""
    dark, flying = shaded(plumage, 0.68), rng.random() < 0.4
    if not flying:
        for x in (-0.06, 0.08):
            pen.line([(x, 0.3), (x + 0.02, 0.02), (x + 0.1, 0.02)], 0.025, (214, 130, 40))
    else:
        pen.blob([(-0.02, 0.6), (-0.22, 1.06), (-0.4, 1.1), (-0.34, 0.82), (-0.2, 0.56)], dark)
    pen.polygon([(-0.34, 0.5), (-0.86, 0.56), (-0.8, 0.44), (-0.88, 0.36), (-0.3, 0.34)], dark)
    pen.blob(
        [(-0.44, 0.46), (-0.16, 0.66), (0.16, 0.7), (0.36, 0.56), (0.26, 0.32), (-0.02, 0.22), (-0.3, 0.28)], plumage
    )
    pen.ellipse((0.3, 0.74), 0.2, 0.18, plumage)
    pen.blob([(0.1, 0.5), (0.3, 0.54), (0.28, 0.34), (0.06, 0.25), (-0.06, 0.32)], shaded(plumage, 1.5))
    pen.polygon([(0.46, 0.8), (0.46, 0.68), (0.7, 0.72)], (242, 158, 40))
    if flying:
        pen.blob([(0.12, 0.56), (0.1, 1.02), (-0.02, 1.16), (-0.16, 0.9), (-0.24, 0.5)], shaded(plumage, 0.85))
    else:
        pen.blob([(0.08, 0.56), (-0.04, 0.36), (-0.34, 0.3), (-0.5, 0.36), (-0.2, 0.56)], dark)
    _eye(pen, (0.36, 0.79), 0.036)


def horse(pen: Pen, rng: random.Random, coat: Colour) -> None:
    """Draw a horse in profile: long legs, an arched neck, a mane and a long tail."""
    far, mane = shaded(coat, 0.72), shaded(coat, 0.42)
    step = rng.uniform(-0.08, 0.08)
    for x, shift in ((-0.3, -step), (0.24, step)):
        pen.line([(x, 0.42), (x + shift * 0.4, 0.22), (x + shift, 0.03)], 0.065, far)
    pen.line(_curve((-0.46, 0.62), (-0.66, 0.6), (-0.6, rng.uniform(0.16, 0.3))), 0.085, mane)
    pen.blob(
        [
            (-0.48, 0.56),
            (-0.36, 0.67),
            (0.0, 0.62),
            (0.28, 0.68),
            (0.36, 0.54),
            (0.22, 0.4),
            (-0.1, 0.38),
            (-0.4, 0.42),
        ],
        coat,
    )
    for x, shift in ((-0.4, step), (0.28, -step)):
        pen.line([(x, 0.48), (x + 0.03 + shift * 0.4, 0.24), (x + shift, 0.05)], 0.075, coat)
        pen.ellipse((x + shift + 0.015, 0.025), 0.05, 0.03, DARK)
    pen.blob([(0.1, 0.62), (0.3, 0.86), (0.44, 0.97), (0.54, 0.9), (0.46, 0.78), (0.4, 0.5), (0.24, 0.48)], coat)
    pen.line(_curve((0.08, 0.66), (0.2, 0.8), (0.42, 0.98)), 0.075, mane)
    pen.blob([(0.4, 0.96), (0.52, 0.94), (0.74, 0.76), (0.73, 0.67), (0.64, 0.67), (0.44, 0.8)], coat)
    pen.ellipse((0.7, 0.71), 0.055, 0.05, shaded(coat, 0.75))
    pen.polygon([(0.4, 0.94), (0.42, 1.05), (0.49, 0.95)], coat)
    _eye(pen, (0.53, 0.88), 0.022)


def bicycle(pen: Pen, rng: random.Random, paint: Colour) -> None:
    """Draw a bicycle in profile."""
    back, front, crank = (-0.52, 0.36), (0.54, 0.36), (-0.04, 0.36)
    saddle, head = (-0.2, 0.86), (0.36, 0.9)
    turn = rng.uniform(0, math.pi)
    for hub in (back, front):
        for k in range(6):
            angle = turn + k * math.pi / 6
            x, y = 0.32 * math.cos(angle), 0.32 * math.sin(angle)
            pen.line([(hub[0] - x, hub[1] - y), (hub[0] + x, hub[1] + y)], 0.009, (170, 174, 180))
        pen.ring(hub, 0.34, 0.055, DARK)
        pen.ellipse(hub, 0.04, 0.04, (150, 150, 156))
    for start, end in ((back, crank), (back, saddle), (crank, saddle), (crank, head), (saddle, head), (head, front)):
        pen.line([start, end], 0.065, paint)
    pen.line([head, (0.33, 1.0), (0.48, 1.02)], 0.045, DARK)
    pen.blob([(-0.34, 0.92), (-0.1, 0.9), (-0.1, 0.86), (-0.32, 0.86)], DARK)
    pen.ellipse(crank, 0.075, 0.075, (130, 130, 136))
    pen.line([(crank[0] - 0.1, 0.26), (crank[0] + 0.1, 0.46)], 0.03, DARK)


def flower(pen: Pen, rng: random.Random, petal: Colour) -> None:
    """Draw one large flower on its stem."""
    stem, heart = (62, 140, 60), (250, 206, 70) if petal != PAINTS["yellow"] else (126, 74, 36)
    lean, petals = rng.uniform(-0.08, 0.08), rng.choice([6, 7, 8])
    top = (lean, 0.7)
    pen.line(_curve((0.0, 0.0), (0.0, 0.4), top), 0.05, stem)
    pen.blob([(0.0, 0.12), (0.18, 0.34), (0.38, 0.36), (0.24, 0.16)], shaded(stem, 1.12))
    pen.blob([(0.0, 0.18), (-0.2, 0.38), (-0.38, 0.4), (-0.24, 0.2)], shaded(stem, 0.85))
    start = rng.uniform(0, math.tau)
    for k in range(petals):
        angle = start + k * math.tau / petals
        centre = (top[0] + 0.19 * math.cos(angle), top[1] + 0.19 * math.sin(angle))
        pen.ellipse(centre, 0.14, 0.088, shaded(petal, 0.86) if k % 2 else petal, turn=angle)
    pen.ellipse(top, 0.105, 0.105, heart)
    pen.ellipse((top[0] - 0.02, top[1] + 0.02), 0.06, 0.06, shaded(heart, 0.86))


FIGURES: dict[str, Callable[[Pen, random.Random, Colour], None]] = {
    "dog": dog, "cat": cat, "person": person, "car": car, "boat": boat, "tree": tree,
    "house": house, "bird": bird, "horse": horse, "bicycle": bicycle, "flower": flower,
}  # fmt: skip
