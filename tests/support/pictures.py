"""Real photographs for tests: those that scikit-image's wheel carries."""

from pathlib import Path

import skimage

_NAMES = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "hubble_deep_field.jpg", "retina.jpg",
    "motorcycle_left.png", "camera.png", "grass.png", "page.png",
)  # fmt: skip


def photographs() -> list[Path]:
    """Photographs in colour and grey, as the files they are."""
    folder = Path(skimage.__file__).parent / "data"
    return [folder / name for name in _NAMES]
