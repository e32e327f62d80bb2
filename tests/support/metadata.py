"""EXIF and XMP blocks with every fact in them, and a time of change."""

from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin

MTIME_NS = 1_686_564_672 * 10**9
XMP = (Path(__file__).parent.parent / "data" / "metadata.xmp").read_bytes()


def exif(**more: Any) -> Image.Exif:
    block = Image.Exif()
    base = {"Make": "NIKON CORPORATION", "Model": "NIKON D750\0", "Rating": 3, "ImageDescription": "A dog"}
    for name, value in (base | more).items():
        block[ExifTags.Base[name]] = value
    block.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: "2023:06:12 10:11:12",
            ExifTags.Base.SubsecTimeOriginal: "34",
            ExifTags.Base.OffsetTimeOriginal: "+02:00",
            ExifTags.Base.LensModel: "50mm f/1.8",
        }
    )
    rational = TiffImagePlugin.IFDRational
    block.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (rational(38), rational(43), rational(3012, 100)),
            ExifTags.GPS.GPSLongitudeRef: "W",
            ExifTags.GPS.GPSLongitude: (rational(9), rational(8), rational(24)),
            ExifTags.GPS.GPSAltitude: rational(123, 10),
            ExifTags.GPS.GPSAltitudeRef: b"\0",
        }
    )
    return block
