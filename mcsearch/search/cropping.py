"""Detect whether a picture is part of another: crops and pictures with a border.

A signature is a sum of cosines, so the picture it represents can be evaluated at any point. The frame of the part in
the whole, an offset and a scale along each axis, is fitted by least squares from coarse to fine coefficients (Lucas
and Kanade 1981); then the edges within the frame are compared.
"""

import functools

import numpy as np
import numpy.typing as npt

from mcsearch.search.signatures import SIDE, Coefficients, Signatures, coefficients, frequencies

Values = npt.NDArray[np.float32]

# From coarse to fine: coefficients and points along a side, steps, and the least agreement for the next level.
_LEVELS = ((6, 10, 6, 0.2), (12, 16, 4, 0.6), (20, 24, 3, 0.6))
# The initial frame of the fit: the middle nine tenths of each axis, as offset and scale across, offset and scale down.
_START = (0.05, 0.9, 0.05, 0.9)
_STEP_AT_MOST = 0.06
# The least fraction of each side of the whole that a part covers, and the most that it may extend beyond the whole.
_LEAST_SCALE = 0.75
_BEYOND = 0.02
# Points along a side where edges are compared. The margin of a part is left out, since cropping adds edges there.
_POINTS = 48
_MARGIN = 0.05
_SHARPNESS = 0.5
_AT_ONCE = 512


def agreement(first: Signatures, second: Signatures) -> Values:
    """Return how well the edges of pairs of pictures agree when one picture is laid on its place in the other.

    `first` and `second` are signatures (n, 1024), compared row by row. The result (n,) is from -1 to 1, and -1 if
    neither picture is part of the other. Copies reach 0.9, different pictures 0.4.
    """
    result = np.full(len(first), -1, np.float32)
    for start in range(0, len(first), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        one, other = coefficients(first[some]), coefficients(second[some])
        result[some] = np.maximum(_of_part(one, other), _of_part(other, one))
    return result


def _of_part(whole: Coefficients, part: Coefficients) -> Values:
    """Return how well each part agrees with its place in the whole; -1 if it has no place there."""
    result = np.full(len(whole), -1, np.float32)
    plain_whole, plain_part = _plain(whole), _plain(part)
    frames = np.tile(np.array(_START, np.float32), (len(whole), 1))
    left = np.arange(len(whole))
    for side, points, steps, least in _LEVELS:
        if len(left):
            frames[left], agree = _fitted(plain_whole[left], plain_part[left], frames[left], side, points, steps)
            left = left[agree >= least]
    offsets, scales = frames[left][:, ::2], frames[left][:, 1::2]
    inside = (offsets >= -_BEYOND) & (offsets + scales <= 1 + _BEYOND) & (scales >= _LEAST_SCALE)
    left = left[inside.all(axis=1)]
    if len(left):
        result[left] = _edges_agree(whole[left], part[left], frames[left])
    return result


def _fitted(whole: Values, part: Values, frames: Values, side: int, points: int, steps: int) -> tuple[Values, Values]:
    """Return the frames after `steps` steps, and the correlation of the pictures before the last step."""
    grid = _grid(points)
    cosines, _ = _waves(grid[None], side)
    target = _normed(_evaluated(cosines, part, cosines, side).reshape(len(part), -1))[0]
    agree = np.zeros(len(frames), np.float32)
    for _ in range(steps):
        (across, across_slopes), (down, down_slopes) = (
            _waves(frames[:, i : i + 1] + frames[:, i + 1 : i + 2] * grid, side) for i in (0, 2)
        )
        values, lengths = _normed(_evaluated(across, whole, down, side).reshape(len(frames), -1))
        slopes = [
            _evaluated(across_slopes, whole, down, side),
            _evaluated(across, whole, down_slopes, side),
        ]
        columns = [slopes[0], slopes[0] * grid[:, None], slopes[1], slopes[1] * grid[None, :]]
        jacobian = np.stack([column.reshape(len(frames), -1) for column in columns], axis=1)
        jacobian = (jacobian - jacobian.mean(axis=2, keepdims=True)) / lengths[:, None]
        jacobian -= (jacobian @ values[:, :, None]) * values[:, None, :]
        normal = jacobian @ jacobian.transpose(0, 2, 1)
        damping = np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.float32(2.5e-4) + np.float32(1e-6)
        step = np.linalg.solve(
            normal + damping * np.eye(4, dtype=np.float32), jacobian @ (target - values)[:, :, None]
        )[:, :, 0]
        agree = (values * target).sum(axis=1)
        frames = frames + np.clip(step, -_STEP_AT_MOST, _STEP_AT_MOST)
        frames[:, ::2] = np.clip(frames[:, ::2], -0.05, 0.4)
        frames[:, 1::2] = np.clip(frames[:, 1::2], _LEAST_SCALE - 0.05, 1.1)
    return frames, agree


def _edges_agree(whole: Coefficients, part: Coefficients, frames: Values) -> Values:
    """Return the correlation of the sharpened pictures within the frames, up to the finest detail that both contain."""
    grid = _grid(_POINTS) * (1 - 2 * _MARGIN) + _MARGIN
    cosines, _ = _waves(grid[None], SIDE)
    steps = np.arange(SIDE, dtype=np.float32)
    across, down = frames[:, 1, None], frames[:, 3, None]
    # Drop the coefficients of the part that are finer than the finest ones of the whole.
    seen = (steps <= SIDE * across)[:, :, None] & (steps <= SIDE * down)[:, None, :]
    fine = np.maximum(np.hypot((steps / across)[:, :, None], (steps / down)[:, None, :]), 1) ** (1 + _SHARPNESS)
    places = [_waves(frames[:, i : i + 1] + frames[:, i + 1 : i + 2] * grid, SIDE)[0] for i in (0, 2)]
    seen_part = _plain_scale() * part / frequencies() * (seen * fine)
    seen_whole = _plain_scale() * whole * frequencies() ** np.float32(_SHARPNESS)
    one, _ = _normed(_evaluated(places[0], seen_whole, places[1], SIDE).reshape(len(whole), -1))
    other, _ = _normed(_evaluated(cosines, seen_part, cosines, SIDE).reshape(len(part), -1))
    return np.asarray((one * other).sum(axis=1), np.float32)


def _plain(weighted: Coefficients) -> Values:
    """Return the factors of the cosines whose sum is the picture."""
    return weighted / frequencies() * _plain_scale()


@functools.cache
def _plain_scale() -> Values:
    """Return the factors of the orthonormal transform: 1 / √2 for the first cosine of each direction, else 1."""
    first = np.where(np.arange(SIDE) == 0, np.float32(np.sqrt(0.5)), np.float32(1))
    return (first[:, None] * first[None, :]).astype(np.float32)


def _grid(points: int) -> Values:
    return ((np.arange(points) + 0.5) / points).astype(np.float32)


def _waves(places: Values, side: int) -> tuple[Values, Values]:
    """Return the first `side` cosines at places (n, points), and their slopes, each (n, points, side)."""
    turns = np.arange(side, dtype=np.float32) * np.float32(np.pi)
    angles = places[:, :, None] * turns
    return np.cos(angles), -np.sin(angles) * turns


def _evaluated(across: Values, plain: Values, down: Values, side: int) -> Values:
    return np.asarray(across @ plain[:, :side, :side] @ down.transpose(0, 2, 1), np.float32)


def _normed(values: Values) -> tuple[Values, Values]:
    """Return the rows with their mean subtracted and scaled to unit length, and their lengths (n, 1)."""
    values = values - values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True) + np.float32(1e-9)
    return values / lengths, lengths
