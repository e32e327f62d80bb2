"""How well the text in pictures is read: the character error rate by font, size, angle and language.

    python -m bench.quality.reading

The pictures are painted: four lines of text on paper, like a receipt or a sign, 1600 × 1200 pixels, with noise.
The character error rate is the number of characters to insert, delete or change, divided by the number that were
painted; spaces and the order of lines do not count. Fonts that are not on the machine are left out.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mcsearch.photos.reading.reader import read_text, reader

ENGLISH = "Grand Hotel of Lisbon\nReceipt No. 4711-B\nTotal amount: 23.50 EUR\nThank you for your visit"
TEXTS = {
    "English": ENGLISH,
    "German": "Größe und Gewicht\nÖffnungszeiten täglich\nStraße gesperrt, Übergang\nfür Fußgänger möglich",
    "French": "Café à la crème\nFermé le dimanche\nGâteau aux pêches, très frais\nÇa va être délicieux",
    "Spanish": "El niño pequeño\n¿Dónde está la estación?\nHabitación número diez\nMañana será otro día",
    "Portuguese": "Praça do Comércio\nEstação de São Bento\nNão é permitido fumar\nPromoção de inverno",
    "Polish": "Zażółć gęślą jaźń\nDworzec główny w Łodzi\nProszę zamykać drzwi\nŚwieże pieczywo",
    "Turkish": "İstanbul Büyükşehir\nGünaydın, hoş geldiniz\nÇıkış ve giriş kapısı\nŞehir içi ulaşım",
    "Russian": "Московский вокзал\nДобро пожаловать\nСдача не выдаётся\nВыход в город",
    "Greek": "Καλημέρα Ελλάδα\nΟδός Ερμού\nΑπαγορεύεται η στάθμευση\nΈξοδος κινδύνου",
    "Chinese": "北京火车站\n请勿吸烟\n谢谢光临\n上海人民广场",
    "Japanese": "東京タワー\nありがとうございます\n営業時間のご案内\n立入禁止です",
    "Korean": "서울 중앙역\n출입 금지\n감사합니다\n영업 시간 안내",
}
FONTS = {
    "Liberation Sans": "LiberationSans-Regular.ttf",
    "Liberation Sans Narrow": "LiberationSansNarrow-Regular.ttf",
    "Liberation Serif": "LiberationSerif-Regular.ttf",
    "Liberation Serif, bold italic": "LiberationSerif-BoldItalic.ttf",
    "Liberation Mono": "LiberationMono-Regular.ttf",
    "DejaVu Sans": "DejaVuSans.ttf",
    "Gothic (URW)": "URWGothic-Book.otf",
    "Chancery (Z003), like handwriting": "Z003-MediumItalic.otf",
}
WIDE_FONT = "DroidSansFallbackFull.ttf"  # has Chinese, Japanese and Korean
SIZES = (12, 16, 20, 28, 48, 96)
ANGLES = (0, 5, 15, 30, 45, 90, 180, 270)
_SIDE = (1600, 1200)


def main() -> None:
    """Print a table of Markdown with a row for each condition."""
    print(f"Read by {reader()}.\n\n| condition | | character error rate |\n| --- | --- | --- |")
    started, count = time.process_time(), 0
    for kind, value, text, picture in _conditions():
        rate = error_rate(text, read_text(np.asarray(picture)))
        print(f"| {kind} | {value} | {rate:.1%} |", flush=True)
        count += 1
    print(f"\n{(time.process_time() - started) / count:.1f} s of processor time for a picture.", file=sys.stderr)


def error_rate(wanted: str, found: str) -> float:
    """Return the character error rate of what was found, each painted line compared with the line most like it."""
    lines = ["".join(line.split()) for line in wanted.splitlines()]
    others = ["".join(line.split()) for line in found.splitlines()] or [""]
    errors = sum(min(_distance(line, other) for other in others) for line in lines)
    return errors / sum(map(len, lines))


def _distance(wanted: str, found: str) -> int:
    """Return the number of characters to insert, delete or change."""
    row = list(range(len(found) + 1))
    for number, character in enumerate(wanted, start=1):
        before, row[0] = row[0], number
        for place, other in enumerate(found, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (character != other))
    return row[-1]


def painted(text: str, font: str = "LiberationSans-Regular.ttf", size: int = 48, angle: float = 0) -> Image.Image:
    """Return a picture of a text on paper, with noise, turned counter-clockwise. Raises OSError without the font."""
    picture = Image.new("RGB", _SIDE, (236, 232, 222))
    draw, typeface = ImageDraw.Draw(picture), ImageFont.truetype(font, size)
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=typeface, spacing=size // 2)
    place = ((_SIDE[0] - right + left) / 2, (_SIDE[1] - bottom + top) / 2)
    draw.multiline_text(place, text, font=typeface, spacing=size // 2, fill=(30, 30, 40))
    turned = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(236, 232, 222))
    noise = np.random.default_rng(7).normal(0, 6, (turned.height, turned.width, 1))
    return Image.fromarray((np.asarray(turned) + noise).clip(0, 255).astype(np.uint8))


def _conditions() -> Iterator[tuple[str, str, str, Image.Image]]:
    for name, font in FONTS.items():
        yield from _if_possible("font", name, ENGLISH, font)
    for size in SIZES:
        yield from _if_possible("size", f"{size} pixels", ENGLISH, size=size)
    for angle in ANGLES:
        yield from _if_possible("angle", f"{angle}°", ENGLISH, angle=angle)
    for language, text in TEXTS.items():
        wide = language in ("Chinese", "Japanese", "Korean")
        yield from _if_possible("language", language, text, WIDE_FONT if wide else "DejaVuSans.ttf")


def _if_possible(
    kind: str, value: str, text: str, font: str = "LiberationSans-Regular.ttf", size: int = 48, angle: float = 0
) -> Iterator[tuple[str, str, str, Image.Image]]:
    try:
        yield kind, value, text, painted(text, font, size, angle)
    except OSError:
        print(f"bench: the font {font} is not on this machine", file=sys.stderr)


if __name__ == "__main__":
    main()
