"""Templates that turn labels into prompts, and the background prompts that labels are compared with."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_VISIBLE_CHARACTERS = 2500
_SPACES = r"[ \t\r\n]+"  # tokenizers take them for one

# The seven templates that open_clip publishes as SIMPLE_IMAGENET_TEMPLATES, chosen by the authors of
# CLIP (Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision")
# as the best small subset of their eighty. Repeated here because importing open_clip imports torch.
TEMPLATES: tuple[str, ...] = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)

# Prompts that fit any photo equally well. A label fits a photo if it beats all of them together.
BACKGROUND: tuple[str, ...] = (
    "a photo.",
    "a picture.",
    "an image.",
    "a photo of something.",
    "a photo of a place.",
    "a photo of nothing in particular.",
    "a scene.",
    "a random photo.",
)


def label_prompts(label: str) -> list[str]:
    """The prompts for a label that comes without prompts of its own."""
    return [template.format(label) for template in TEMPLATES]


def ensemble(vectors: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """The mean of unit vectors, each float32 (dimensions,), brought to unit length."""
    mean = np.mean(np.stack(vectors), axis=0, dtype=np.float32)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)


def visible(prompt: str) -> str:
    """Return the beginning of a prompt that is long enough for every text tower, since none sees more of it.

    Towers see up to 77 tokens, of up to 32 bytes each; what lies behind would only take time.
    """
    if len(prompt) <= _VISIBLE_CHARACTERS:
        return prompt
    return re.sub(_SPACES, " ", prompt)[:_VISIBLE_CHARACTERS]
