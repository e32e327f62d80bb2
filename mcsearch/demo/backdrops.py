"""Paint the places of a scene.

The function of a place returns the height of the land, on which subjects stand, as a fraction of the picture.
"""

import math
from collections.abc import Callable

from PIL import Image, ImageDraw

from mcsearch.demo.canvas import Colour, Pen, shaded, varied
from mcsearch.demo.stage import Stage, sky

LAMPLIGHT: Colour = (255, 214, 120)


def _open_sky(stage: Stage, horizon: float) -> None:
    width, height = stage.image.size
    sky(stage, (0, 0, width, round(height * (1 - horizon)) + 1))


def beach(stage: Stage) -> float:
    """Paint sea and sand, a palm or a parasol, and shells."""
    rng, flat = stage.rng, stage.flat()
    horizon = rng.uniform(0.48, 0.6)
    shore = horizon - rng.uniform(0.14, 0.2)
    _open_sky(stage, horizon)
    sea = varied((34, 128, 178), rng)
    flat.box(0, 0, 1, horizon, sea)
    for _ in range(14):
        x, y = rng.random(), rng.uniform(shore, horizon - 0.01)
        flat.line([(x, y), (x + rng.uniform(0.04, 0.14), y)], 2, shaded(sea, 1.4))
    sand = varied((238, 212, 152), rng, 10)
    wave = [(k / 8, shore + rng.uniform(-0.015, 0.015)) for k in range(9)]
    flat.polygon([(0, 0), *[(x, y + 0.022) for x, y in wave], (1, 0)], (244, 250, 250))
    flat.polygon([(0, 0), *wave, (1, 0)], sand)
    for _ in range(60):
        x, y = rng.random(), rng.uniform(0, shore - 0.03)
        flat.line([(x, y), (x + 0.008, y)], 2, shaded(sand, rng.choice([0.85, 1.4])))
    width, height = stage.image.size
    left = rng.random() < 0.5
    x = width * (rng.uniform(0.02, 0.16) if left else rng.uniform(0.84, 0.98))
    pen = stage.pen(x, height * (1 - shore + 0.08), stage.unit * rng.uniform(0.5, 0.62), mirrored=not left)
    if rng.random() < 0.5:
        _palm(pen)
    else:
        _parasol(pen, varied(rng.choice([(226, 70, 60), (60, 130, 210), (250, 180, 40)]), rng))
    return shore


def _palm(pen: Pen) -> None:
    for k in range(9):
        pen.line(
            [(0.012 * k * k / 4, k * 0.09), (0.012 * (k + 1) ** 2 / 4, (k + 1) * 0.09)],
            0.06 - k * 0.003,
            (140, 100, 62),
        )
    for angle in (-0.5, 0.2, 0.9, 2.2, 2.9, 3.6):
        tip = (0.24 + 0.4 * math.cos(angle), 0.8 + 0.32 * math.sin(angle) - 0.05)
        pen.blob(
            [
                (0.24, 0.84),
                ((0.24 + tip[0]) / 2, (0.84 + tip[1]) / 2 + 0.1),
                tip,
                ((0.24 + tip[0]) / 2, (0.8 + tip[1]) / 2),
            ],
            (60, 142, 66),
        )


def _parasol(pen: Pen, colour: Colour) -> None:
    pen.line([(0, 0), (0.06, 0.62)], 0.025, (240, 236, 226))
    for k in range(5):
        a, b = math.pi * k / 5, math.pi * (k + 1) / 5
        pen.polygon(
            [(0.06, 0.72)] + [(0.06 - 0.34 * math.cos(t), 0.52 + 0.2 * math.sin(t)) for t in (a, (a + b) / 2, b)],
            colour if k % 2 == 0 else (250, 248, 240),
        )


def forest(stage: Stage) -> float:
    """Paint rows of conifers with their trunks, ferns and mushrooms on a dark floor."""
    rng, flat = stage.rng, stage.flat()
    width, height = stage.image.size
    horizon = rng.uniform(0.36, 0.46)
    _open_sky(stage, horizon)
    leaf = varied((34, 92, 52), rng, 10)
    flat.box(0, 0, 1, horizon + 0.1, shaded(leaf, 0.9))
    for row in range(3):
        y = height * (1 - horizon + 0.03 * row)
        for k in range(11 - 2 * row):
            x = width * (k + rng.uniform(-0.3, 0.3)) / (10 - 2 * row)
            _conifer(
                stage.pen(x, y, height * rng.uniform(0.42, 0.62) * (1 + 0.12 * row)), shaded(leaf, 1.16 - 0.13 * row)
            )
        if row == 0:
            flat.box(0, 0, 1, horizon, (62, 84, 44))
    for _ in range(50):
        x, y = rng.random(), rng.uniform(0, horizon - 0.06)
        flat.line([(x, y), (x + rng.uniform(-0.012, 0.012), y + 0.03)], 3, varied((74, 116, 52), rng, 24))
    for _ in range(rng.randint(1, 4)):
        pen = stage.pen(width * rng.random(), height * (1 - rng.uniform(0.02, horizon - 0.1)), stage.unit * 0.06)
        pen.line([(0, 0), (0, 0.5)], 0.28, (236, 226, 206))
        pen.polygon([(-0.5, 0.5), (-0.36, 0.86), (0, 1), (0.36, 0.86), (0.5, 0.5)], (204, 60, 46))
    return horizon - 0.06


def _conifer(pen: Pen, leaf: Colour, frost: Colour | None = None) -> None:
    pen.box(-0.03, -0.02, 0.03, 0.3, (88, 60, 40))
    for low, high, half in ((0.12, 0.52, 0.24), (0.34, 0.76, 0.19), (0.58, 1.0, 0.13)):
        pen.polygon([(-half, low), (half, low), (0, high)], leaf)
        if frost:
            pen.polygon([(-half * 0.5, (low + high) / 2), (half * 0.5, (low + high) / 2), (0, high)], frost)


def city(stage: Stage) -> float:
    """Paint towers with rows of windows, a pavement with a street lamp, and a street."""
    rng, flat = stage.rng, stage.flat()
    width, height = stage.image.size
    horizon = rng.uniform(0.34, 0.44)
    _open_sky(stage, horizon)
    for row in range(2):
        x = -rng.uniform(0, 0.1)
        while x < 1:
            wide, high = rng.uniform(0.11, 0.19), horizon + rng.uniform(0.16, 0.5 if row == 0 else 0.34)
            wall = varied(rng.choice([(150, 156, 170), (176, 150, 132), (120, 132, 152), (190, 184, 174)]), rng)
            flat.box(x, horizon - 0.02, x + wide, high, shaded(wall, 0.8 if row else 1.2))
            _windows(flat, stage, (x, horizon + 0.03, x + wide, high))
            x += wide + rng.uniform(0, 0.03)
    flat.box(0, 0, 1, horizon, (150, 148, 146))
    flat.box(0, 0, 1, horizon - 0.1, (86, 88, 94))
    flat.box(0, horizon - 0.115, 1, horizon - 0.1, (196, 194, 188))
    offset = rng.random() * 0.2
    for k in range(6):
        flat.box(k * 0.2 - offset, 0.1, k * 0.2 - offset + 0.1, 0.12, (236, 230, 204))
    lamp = stage.pen(
        width * rng.choice([rng.uniform(0.04, 0.2), rng.uniform(0.8, 0.96)]),
        height * (1 - horizon + 0.06),
        stage.unit * 0.5,
    )
    lamp.line([(0, 0), (0, 0.95)], 0.025, (56, 60, 66))
    lamp.ellipse((0, 1), 0.06, 0.07, LAMPLIGHT if stage.time != "day" else (236, 236, 226), glows=True)
    return horizon - 0.1


def _windows(flat: Pen, stage: Stage, box: tuple[float, float, float, float]) -> None:
    left, bottom, right, top = box
    columns = 3
    cell = (right - left) / columns
    y = bottom
    while y < top - 0.03:
        for k in range(columns):
            lit = stage.time != "day" and stage.rng.random() < (0.6 if stage.time == "night" else 0.35)
            x = left + k * cell + cell * 0.25
            flat.box(x, y, x + cell * 0.5, y + 0.022, LAMPLIGHT if lit else (96, 118, 140), glows=lit)
        y += 0.042


def mountains(stage: Stage) -> float:
    """Paint bare peaks with white tops behind a meadow."""
    rng, flat = stage.rng, stage.flat()
    horizon = rng.uniform(0.36, 0.46)
    _open_sky(stage, horizon)
    for row in range(2):
        rock = shaded(varied((118, 122, 142), rng, 10), 1.25 - 0.3 * row)
        for k in range(4 - row):
            x, half = (k + rng.uniform(0.2, 0.8)) / (4 - row), rng.uniform(0.24, 0.36)
            top = horizon + rng.uniform(0.26, 0.46) * (1 - 0.25 * row)
            flat.polygon([(x - half, horizon - 0.02), (x, top), (x + half, horizon - 0.02)], rock)
            flat.polygon([(x, horizon - 0.02), (x, top), (x + half, horizon - 0.02)], shaded(rock, 0.8))
            cap = 0.3
            low = top - (top - horizon) * cap
            flat.polygon(
                [
                    (x - half * cap, low),
                    (x, top),
                    (x + half * cap, low),
                    (x + half * cap * 0.5, low + 0.02),
                    (x, low - 0.02),
                    (x - half * cap * 0.5, low + 0.02),
                ],
                (246, 248, 252),
            )
    meadow = varied((116, 172, 74), rng, 12)
    flat.polygon(
        [(0, 0), (0, horizon), *[(k / 6, horizon + rng.uniform(-0.02, 0.02)) for k in range(7)], (1, 0)], meadow
    )
    for _ in range(70):
        x, y = rng.random(), rng.uniform(0, horizon - 0.04)
        flat.line([(x, y), (x + rng.uniform(-0.01, 0.01), y + 0.025)], 3, shaded(meadow, rng.choice([0.82, 1.2])))
    return horizon - 0.05


def snow(stage: Stage) -> float:
    """Paint a white field with frosted conifers and a snowman."""
    rng, flat = stage.rng, stage.flat()
    width, height = stage.image.size
    horizon = rng.uniform(0.4, 0.52)
    _open_sky(stage, horizon)
    white = varied((240, 245, 252), rng, 5)
    flat.polygon([(0, 0), *[(k / 5, horizon + rng.uniform(-0.04, 0.05)) for k in range(6)], (1, 0)], shaded(white, 0.9))
    for _ in range(rng.randint(2, 4)):
        x = width * rng.choice([rng.uniform(0, 0.25), rng.uniform(0.75, 1)])
        pen = stage.pen(x, height * (1 - horizon + rng.uniform(0, 0.06)), stage.unit * rng.uniform(0.28, 0.42))
        _conifer(pen, (70, 112, 96), white)
    flat.blob(
        [(-0.2, 0), (-0.1, horizon - 0.06), (0.5, horizon - 0.02), (1.1, horizon - 0.06), (1.2, 0), (0.5, -0.2)], white
    )
    if rng.random() < 0.5:
        man = stage.pen(
            width * rng.choice([rng.uniform(0.06, 0.2), rng.uniform(0.8, 0.94)]),
            height * (1 - horizon + 0.12),
            stage.unit * 0.26,
        )
        for y, r in ((0.2, 0.26), (0.56, 0.19), (0.84, 0.14)):
            man.ellipse((0, y), r * 1.06, r * 1.06, shaded(white, 0.84))
            man.ellipse((0, y), r, r, (252, 252, 255))
        man.polygon([(0, 0.87), (0, 0.8), (0.22, 0.82)], (240, 130, 40))
        for x in (-0.05, 0.06):
            man.ellipse((x, 0.9), 0.02, 0.02, (30, 30, 34))
    return horizon - 0.08


def flakes(stage: Stage) -> None:
    """Paint snow falling in front of everything."""
    width, height = stage.image.size
    for _ in range(stage.rng.randint(40, 90)):
        x, y, r = stage.rng.random() * width, stage.rng.random() * height, stage.unit * stage.rng.uniform(0.003, 0.008)
        stage.draw.ellipse((x - r, y - r, x + r, y + r), fill=(250, 250, 255))


def room(stage: Stage) -> float:
    """Paint a wall with a window and a picture, a floor with a rug, a sofa and a lamp."""
    rng, flat = stage.rng, stage.flat()
    width, height = stage.image.size
    floor = rng.uniform(0.32, 0.4)
    wall = varied(rng.choice([(226, 208, 178), (206, 190, 200), (216, 200, 160), (192, 206, 190)]), rng, 8)
    flat.box(0, floor, 1, 1, wall)
    boards = varied((166, 116, 74), rng, 12)
    flat.box(0, 0, 1, floor, boards)
    for k in range(5):
        y = floor * (1 - (k / 5) ** 1.4) - 0.02
        flat.line([(0, y), (1, y)], 2, shaded(boards, 0.82))
    flat.box(0, floor - 0.012, 1, floor + 0.02, shaded(wall, 1.5))
    left = rng.random() < 0.5
    x = 0.06 if left else 0.56
    _window(stage, flat, (x, floor + 0.2, x + 0.38, floor + 0.52))
    x = rng.uniform(0.62, 0.7) if left else rng.uniform(0.08, 0.16)
    flat.box(x, floor + 0.32, x + 0.2, floor + 0.48, (110, 78, 50))
    flat.box(
        x + 0.015,
        floor + 0.335,
        x + 0.185,
        floor + 0.465,
        varied(rng.choice([(120, 170, 160), (220, 150, 120), (150, 150, 200)]), rng),
    )
    fabric = varied(rng.choice([(150, 90, 90), (84, 110, 130), (110, 124, 84)]), rng)
    seat = stage.pen(width * (0.74 if left else 0.26), height * (1 - floor + 0.03), stage.unit * 0.34)
    seat.box(-0.7, 0.1, 0.7, 0.72, fabric)
    seat.box(-0.6, 0.08, 0.6, 0.38, shaded(fabric, 1.15))
    for side in (-0.72, 0.72):
        seat.ellipse((side, 0.46), 0.13, 0.14, shaded(fabric, 0.85))
        seat.box(side - 0.13, 0.06, side + 0.13, 0.46, shaded(fabric, 0.85))
    lamp = stage.pen(width * 0.5, height * (1 - floor + 0.01), stage.unit * 0.44)
    lamp.line([(0, 0), (0, 0.8)], 0.02, (70, 60, 54))
    lamp.polygon(
        [(-0.16, 0.74), (0.16, 0.74), (0.09, 1.0), (-0.09, 1.0)],
        LAMPLIGHT if stage.time != "day" else (240, 226, 196),
        glows=stage.time != "day",
    )
    flat.ellipse(
        (0.5, floor * 0.42), 0.4, floor * 0.3, varied(rng.choice([(176, 70, 70), (80, 100, 140), (196, 170, 120)]), rng)
    )
    flat.ellipse((0.5, floor * 0.42), 0.34, floor * 0.24, (214, 196, 160))
    return floor - 0.06


def _window(stage: Stage, flat: Pen, box: tuple[float, float, float, float]) -> None:
    left, bottom, right, top = box
    flat.box(left - 0.015, bottom - 0.02, right + 0.015, top + 0.02, (250, 248, 242))
    (x0, y1), (x1, y0) = flat.at((left, bottom)), flat.at((right, top))
    width, height = stage.image.size
    pixels = (max(0, round(x0)), max(0, round(y0)), min(width, round(x1)), min(height, round(y1)))
    view = Image.new("RGB", (pixels[2] - pixels[0], pixels[3] - pixels[1]))
    outside = Stage(view, ImageDraw.Draw(view), stage.rng, stage.time)
    sky(outside, (0, 0, *view.size))
    stage.image.paste(view, pixels[:2])
    middle = (left + right) / 2
    flat.box(middle - 0.006, bottom, middle + 0.006, top, (250, 248, 242))
    flat.box(left, (bottom + top) / 2 - 0.006, right, (bottom + top) / 2 + 0.006, (250, 248, 242))


BACKDROPS: dict[str, Callable[[Stage], float]] = {
    "beach": beach, "forest": forest, "city": city, "mountains": mountains, "snow": snow, "room": room,
}  # fmt: skip
