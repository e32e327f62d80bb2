"""Convert channels of more than eight bits to eight-bit pictures."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]


def to_picture(values: Array, mode: str) -> Image.Image:
    """Return channels of any depth, shape (height, width, channels) or (height, width), as a picture in `mode`."""
    channels = np.ascontiguousarray(to_eight_bits(values))
    if mode == "L":
        return Image.fromarray(channels.reshape(channels.shape[:2]))
    return Image.frombytes(mode, (channels.shape[1], channels.shape[0]), channels.tobytes())


def to_eight_bits(values: Array) -> npt.NDArray[np.uint8]:
    """Return values scaled to eight bits from the range of their type; for floating point, from an estimated range."""
    if values.dtype.kind in "ui":
        bits = values.dtype.itemsize * 8
        if values.dtype.kind == "i":  # the middle of the range is grey
            values = values.view(f"{values.dtype.byteorder}u{values.dtype.itemsize}") ^ (1 << (bits - 1))
        return (values >> (bits - 8)).astype(np.uint8)
    finite = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    return scaled(finite, _white(finite))


def from_linear_light(values: Array) -> Array:
    """Apply the sRGB transfer function to floating-point values whose white is 1; such files store linear light.

    Other values are returned unchanged.
    """
    if values.dtype.kind != "f" or _white(np.nan_to_num(values, posinf=0, neginf=0)) != 1.0:
        return values
    light = np.clip(values, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def scaled(values: Array, white: float) -> npt.NDArray[np.uint8]:
    """Return values from 0 to `white` scaled to eight bits."""
    scaled_values: npt.NDArray[np.uint8] = np.clip(values * (255.0 / white), 0, 255).round().astype(np.uint8)
    return scaled_values


def _white(values: Array) -> float:
    """Estimate the value of white from the mean, since highlights may be brighter than white."""
    average = float(values.mean())
    return next((limit for limit in (1.0, 255.0, 65535.0) if average <= limit), float(values.max()))
