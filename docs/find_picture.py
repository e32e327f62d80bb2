"""Make docs/find.png, the picture of the README: what the demo model finds among 60 painted photos.

.venv/bin/python docs/find_picture.py
"""

import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from mcsearch import Library
from mcsearch.demo.painter import paint_folder

QUERY = "a dog on a beach"
TILE, GAP, TITLE, CAPTION = 244, 14, 64, 30
INK, FAINT, PAPER = "#1c2733", "#5d6b7a", "#ffffff"


def main() -> None:
    """Paint, index, find, and draw the hits in a row of tiles under the command."""
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library.db") as library:
        paint_folder(Path(folder) / "photos", 60, seed=7)
        library.index([Path(folder) / "photos"], model="demo")
        hits = library.find(QUERY, limit=6)
        sheet = Image.new("RGB", (3 * TILE + 4 * GAP, TITLE + 2 * (TILE + CAPTION) + GAP), PAPER)
        draw = ImageDraw.Draw(sheet)
        draw.text((GAP, 20), f'$ mcsearch find "{QUERY}"', INK, ImageFont.load_default(24))
        for number, hit in enumerate(hits):
            left = GAP + (number % 3) * (TILE + GAP)
            top = TITLE + (number // 3) * (TILE + CAPTION)
            with Image.open(hit.path) as photo:
                photo.thumbnail((TILE, TILE - GAP))
                corner = (left + (TILE - photo.width) // 2, top + (TILE - GAP - photo.height) // 2)
                sheet.paste(photo, corner)
            caption = f"{hit.score:.3f}  {Path(hit.path).name}"
            draw.text((left, top + TILE - GAP + 4), caption, FAINT, ImageFont.load_default(14))
    sheet.save(Path(__file__).parent / "find.png", optimize=True)


if __name__ == "__main__":
    main()
