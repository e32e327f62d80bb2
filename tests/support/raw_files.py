"""RAW files for tests: minimal DNG files, which LibRaw reads like a camera's."""

import io

import numpy as np
import tifffile
from PIL import Image

from tests.support.samples import Array

# From CIE XYZ to linear sRGB, so that the "camera" sees sRGB.
_XYZ_TO_CAMERA = (32406, -15372, -4986, -9689, 18758, 415, 557, -2040, 10570)
_PLAIN_TAGS = [
    (50706, 1, 4, (1, 4, 0, 0), False),  # DNG version
    (50708, 2, 0, "written by a test", False),  # camera
]
_SHORT, _BYTE, _RATIONAL, _SIGNED = 3, 1, 5, 10


def dng(picture: Image.Image, orientation: int = 1, preview: Image.Image | None = None) -> bytes:
    """The picture as a sensor of RGGB cells sees it, stored as it is; with a preview in RGB, if there is one."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder="<") as writer:
        turn = [*_PLAIN_TAGS, (274, _SHORT, 1, orientation, False)]
        if preview is None:
            writer.write(_mosaic(picture), photometric="cfa", extratags=[*turn, *_sensor_tags()], metadata=None)
        else:
            writer.write(
                np.asarray(preview), photometric="rgb", subfiletype=1, subifds=1, extratags=turn, metadata=None
            )
            writer.write(_mosaic(picture), photometric="cfa", subfiletype=0, extratags=_sensor_tags(), metadata=None)
    return file.getvalue()


def _mosaic(picture: Image.Image) -> Array:
    encoded = np.asarray(picture) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    values = (linear * 65535).round().astype(np.uint16)
    mosaic = values[:, :, 1].copy()
    mosaic[0::2, 0::2] = values[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = values[1::2, 1::2, 2]
    return mosaic


def _sensor_tags() -> list[tuple[int, int, int, object, bool]]:
    return [
        (33421, _SHORT, 2, (2, 2), False),  # the pattern repeats after two rows and two columns
        (33422, _BYTE, 4, (0, 1, 1, 2), False),  # red, green, green, blue
        (50717, _SHORT, 1, 65535, False),  # white level
        (50721, _SIGNED, 9, tuple(part for value in _XYZ_TO_CAMERA for part in (value, 10000)), False),
        (50728, _RATIONAL, 3, (1, 1, 1, 1, 1, 1), False),  # a neutral grey has equal parts
        (50778, _SHORT, 1, 21, False),  # the matrix is meant for D65
    ]
