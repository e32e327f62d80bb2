"""A small file of each format, with metadata where the format has a place for them: what mutations start from."""

from PIL import Image, ImageCms

from tests.support.raw_files import dng
from tests.support.samples import encoded, photograph
from tests.support.videos import video
from tests.support.writers import heif, jxl, psd

_XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>beach</rdf:li></rdf:Bag>
</dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""


def seeds() -> dict[str, bytes]:
    """The contents of the files by their names."""
    picture = photograph("coffee.png").resize((96, 64))
    exif = Image.Exif()
    exif[271], exif[274] = "a maker of cameras", 6
    exif.get_ifd(34665)[36867] = "2023:06:12 10:11:12"
    exif.get_ifd(34853).update({1: "N", 2: (38.0, 43.0, 12.0), 3: "W", 4: (9.0, 8.0, 24.0)})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "baseline.jpg": encoded(picture, "JPEG", exif=exif, icc_profile=profile, xmp=_XMP),
        "progressive.jpg": encoded(picture, "JPEG", progressive=True, exif=exif),
        "plain.png": encoded(picture, "PNG", exif=exif, icc_profile=profile),
        "palette.png": encoded(picture.quantize(32), "PNG"),
        "a.gif": encoded(picture.quantize(32), "GIF", comment=b"beach"),
        "a.webp": encoded(picture, "WEBP", exif=exif, xmp=_XMP),
        "plain.tif": encoded(picture, "TIFF", exif=exif),
        "lzw.tif": encoded(picture, "TIFF", compression="tiff_lzw"),
        "a.bmp": encoded(picture, "BMP"),
        "a.ppm": encoded(picture, "PPM"),
        "a.jp2": encoded(picture, "JPEG2000"),
        "a.avif": encoded(picture, "AVIF", exif=exif, xmp=_XMP),
        "a.heic": heif(picture, exif=exif),
        "a.jxl": jxl(picture),
        "a.psd": psd(picture),
        "a.dng": dng(picture, preview=picture.resize((48, 32))),
        "a.mp4": video([picture, picture.rotate(180)], ".mp4"),
    }
