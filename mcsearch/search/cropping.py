"""Whether a picture is a part of another: crops and pictures with a border.

A signature is a sum of cosines, so the picture it stands for can be evaluated at any point. The frame of the part in
the whole, an offset and a scale along each axis, is found by least squares with ever finer coefficients (Lucas and
Kanade 1981); then the edges within the frame are compared.
"""

import functools

import numpy as np
import numpy.typing as npt

from mcsearch.search.signatures import SIDE, Coefficients, Signatures, coefficients, frequencies

Values = npt.NDArray[np.float32]

# Coefficients and points along a side, steps, and how well pairs have to agree to go on, from coarse to fine.
_LEVELS = ((6, 10, 6, 0.2), (12, 16, 4, 0.6), (20, 24, 3, 0.6))
# A frame is sought from here: the middle nine tenths of each axis.
_START = (0.05, 0.9, 0.05, 0.9)
_STEP_AT_MOST = 0.06
# A part has at least so much of each side of the whole, and does not go beyond it by more.
_LEAST_SCALE = 0.75
_BEYOND = 0.02
# Points along a side where edges are compared; the margin of a part has edges of its own from being cut.
_POINTS = 48
_MARGIN = 0.05
_SHARPNESS = 0.5
_AT_ONCE = 512


def agreement(first: Signatures, second: Signatures) -> Values:
    """How well the edges of two pictures agree, row by row, where one of them is laid on its place in the other.

    From -1 to 1; -1 where neither is a part of the other. Copies reach 0.9, different pictures 0.4.
    """
    result = np.full(len(first), -1, np.float32)
    for start in range(0, len(first), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        one, other = coefficients(first[some]), coefficients(second[some])
        result[some] = np.maximum(_of_part(one, other), _of_part(other, one))
    return result


def _of_part(whole: Coefficients, part: Coefficients) -> Values:
    """How well each second picture agrees with its place in the first."""
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
    """The frames after some steps, and how well the pictures agreed before the last."""
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
    """The correlation of sharpened pictures within the frames, up to the finest detail that both have."""
    grid = _grid(_POINTS) * (1 - 2 * _MARGIN) + _MARGIN
    cosines, _ = _waves(grid[None], SIDE)
    steps = np.arange(SIDE, dtype=np.float32)
    across, down = frames[:, 1, None], frames[:, 3, None]
    # In units of the whole: what the part has beyond the finest of it is left out.
    seen = (steps <= SIDE * across)[:, :, None] & (steps <= SIDE * down)[:, None, :]
    fine = np.maximum(np.hypot((steps / across)[:, :, None], (steps / down)[:, None, :]), 1) ** (1 + _SHARPNESS)
    places = [_waves(frames[:, i : i + 1] + frames[:, i + 1 : i + 2] * grid, SIDE)[0] for i in (0, 2)]
    seen_part = _plain_scale() * part / frequencies() * (seen * fine)
    seen_whole = _plain_scale() * whole * frequencies() ** np.float32(_SHARPNESS)
    one, _ = _normed(_evaluated(places[0], seen_whole, places[1], SIDE).reshape(len(whole), -1))
    other, _ = _normed(_evaluated(cosines, seen_part, cosines, SIDE).reshape(len(part), -1))
    return np.asarray((one * other).sum(axis=1), np.float32)


def _plain(weighted: Coefficients) -> Values:
    """What to multiply cosines with so that they sum up to the picture."""
    return weighted / frequencies() * _plain_scale()


@functools.cache
def _plain_scale() -> Values:
    """The orthonormal transform has the first cosine of each direction at 1 / sqrt 2."""
    first = np.where(np.arange(SIDE) == 0, np.float32(np.sqrt(0.5)), np.float32(1))
    return (first[:, None] * first[None, :]).astype(np.float32)


def _grid(points: int) -> Values:
    return ((np.arange(points) + 0.5) / points).astype(np.float32)


def _waves(places: Values, side: int) -> tuple[Values, Values]:
    """The first cosines at places (n, points), and their slopes, (n, points, side) each."""
    turns = np.arange(side, dtype=np.float32) * np.float32(np.pi)
    angles = places[:, :, None] * turns
    return np.cos(angles), -np.sin(angles) * turns


def _evaluated(across: Values, plain: Values, down: Values, side: int) -> Values:
    return np.asarray(across @ plain[:, :side, :side] @ down.transpose(0, 2, 1), np.float32)


def _normed(values: Values) -> tuple[Values, Values]:
    """Rows less their mean and at unit length, and the lengths (n, 1)."""
    values = values - values.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1, keepdims=True) + np.float32(1e-9)
    return values / lengths, lengths
