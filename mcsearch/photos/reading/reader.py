"""Read the text in a picture with RapidOCR, whose package brings its models, on OpenVINO.

Only worker processes load it; this module imports nothing that takes time.
"""

import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsearch.errors import UsageError
from mcsearch.openvino_import import has_openvino, import_openvino
from mcsearch.records.embeddings import Framing

if TYPE_CHECKING:
    from rapidocr import RapidOCR

    from mcsearch.photos.pixels.decode import Pixels

# RapidOCR scales larger pictures down to this, too.
FRAMING = Framing(2000, resize_mode="fit")
CHARACTERS_AT_MOST = 100_000
# Raise it when the same models read better because something here has changed.
_VERSION = 2
# Measured on painted scenes without text: of what was read there, hardly anything passes both.
_FEW, _SURE = 4, 0.85


def reader() -> str:
    """Return the name and version of what reads text; photos read by another one are read again.

    Raises UsageError if it is not installed.
    """
    return f"{_models()['Rec'].stem} {_VERSION}"


def read_text(pixels: "Pixels") -> str:
    """Return the lines of text in a picture, uint8 RGB of shape (height, width, 3); "" if there are none.

    Raises DecodeError if that fails.
    """
    from mcsearch.photos.pixels.decode import DecodeError  # imports Pillow

    try:
        found: Any = _engine()(pixels[:, :, ::-1])
    except Exception as error:
        raise DecodeError(f"its text could not be read ({type(error).__name__})") from error
    lines = zip(found.txts or (), found.scores or (), strict=True)
    return "\n".join(line for line, score in lines if _is_text(line, score))[:CHARACTERS_AT_MOST]


def _is_text(line: str, score: float) -> bool:
    """Return whether a line is text, and not a wheel or a window that looks like a letter or two.

    One ideograph may be a word, one letter or digit is none; so few are believed only if the reader is sure of them.
    """
    characters = [character for character in line if character.isalnum()]
    is_word = len(characters) > 1 or any(character >= "\u3040" for character in characters)
    return is_word and (len(characters) >= _FEW or score >= _SURE)


def _models() -> dict[str, Path]:
    """Return the files of the models that detect lines, turn them upright and recognise them."""
    package = importlib.util.find_spec("rapidocr")
    folder = Path(package.origin).parent / "models" if package and package.origin else None
    named = {"Det": "*det*.onnx", "Cls": "*cls*.onnx", "Rec": "*rec*.onnx"}
    found = {part: next(iter(sorted(folder.glob(name))), None) for part, name in named.items()} if folder else {}
    models = {part: file for part, file in found.items() if file is not None}
    if len(models) < len(named) or not has_openvino():
        raise UsageError("To read the text in photos, install the reader: pip install 'mcsearch[ocr]'.")
    return models


@functools.cache
def _engine() -> "RapidOCR":
    import_openvino()  # first, since it would report its import over the network
    from rapidocr import EngineType, RapidOCR

    # With the path of a model RapidOCR downloads nothing. One thread: there is a worker process for each processor.
    options: dict[str, Any] = {"Global.log_level": "critical", "EngineConfig.openvino.inference_num_threads": 1}
    for part, file in _models().items():
        options |= {f"{part}.engine_type": EngineType.OPENVINO, f"{part}.model_path": str(file)}
    return RapidOCR(params=options)
