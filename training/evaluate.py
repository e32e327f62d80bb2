"""Evaluate the demo model on held-out scenes, with the preprocessing that mcsearch applies to photos."""

import io
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch.nn.functional import normalize

from mcsearch.demo.painter import PLACES, SUBJECTS, TIMES, Scene, paint
from mcsearch.demo.phrases import Meaning, foreign, phrases
from mcsearch.models.prompts import BACKGROUND, TEMPLATES

PIXELS = 256
Tokenizer = Callable[[list[str]], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Figures:
    """The measured figures, as fractions from 0 to 1."""

    zero_shot: float
    worst_top_ten: float
    worst_query: str
    tag_precision: float
    tag_recall: float
    answers_lost: float
    foreign_refused: float

    def __str__(self) -> str:
        return "\n".join((
            f"zero-shot accuracy for subject and place          {self.zero_shot:.1%}",
            f"precision of the top ten, worst query             {self.worst_top_ten:.0%} ({self.worst_query!r})",
            f"precision and recall of tags                      {self.tag_precision:.1%}, {self.tag_recall:.1%}",
            f"correct answers below the background              {self.answers_lost:.1%}",
            f"foreign queries below the background everywhere   {self.foreign_refused:.1%}",
        ))  # fmt: skip


def preprocess(scene: Scene) -> npt.NDArray[np.uint8]:
    """Return the scene's pixels for the image tower, shape (256, 256, 3).

    The scene is stored as JPEG, resized to a shorter side of 256 pixels and centre-cropped.
    """
    file = io.BytesIO()
    paint(scene).save(file, "JPEG", quality=90)
    with Image.open(file) as image:
        scale = PIXELS / min(image.size)
        width, height = (max(PIXELS, round(side * scale)) for side in image.size)
        small = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = (width - PIXELS) // 2, (height - PIXELS) // 2
        return np.asarray(small.crop((left, top, left + PIXELS, top + PIXELS)))


def preprocess_all(scenes: Sequence[Scene], processes: int) -> npt.NDArray[np.uint8]:
    """Return `preprocess` for many scenes, painted in worker processes, shape (scenes, 256, 256, 3)."""
    pixels = np.empty((len(scenes), PIXELS, PIXELS, 3), np.uint8)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for i, one in enumerate(pool.map(preprocess, scenes, chunksize=32)):
            pixels[i] = one
    return pixels


@torch.inference_mode()
def embed_images(visual: torch.nn.Module, pixels: npt.NDArray[np.uint8]) -> torch.Tensor:
    """Return the embeddings of images as float32 unit vectors, shape (images, width)."""
    dtype = next(visual.parameters()).dtype
    parts = []
    for start in range(0, len(pixels), 64):
        batch = torch.from_numpy(pixels[start : start + 64]).permute(0, 3, 1, 2).float() / 255
        parts.append(normalize(visual(batch.to(dtype)).float(), dim=-1))
    return torch.cat(parts)


@torch.inference_mode()
def embed_texts(text: torch.nn.Module, tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """Return the embeddings of prompts as float32 unit vectors, shape (texts, width)."""
    parts = [text(tokenizer(list(texts[start : start + 256]))) for start in range(0, len(texts), 256)]
    return normalize(torch.cat(parts).float(), dim=-1)


def label_vectors(text: torch.nn.Module, tokenizer: Tokenizer, labels: Sequence[str]) -> torch.Tensor:
    """Return one unit vector per label, the mean over the prompt templates."""
    prompts = [template.format(label) for label in labels for template in TEMPLATES]
    return normalize(embed_texts(text, tokenizer, prompts).view(len(labels), len(TEMPLATES), -1).mean(1), dim=-1)


def probabilities(images: torch.Tensor, texts: torch.Tensor, background: torch.Tensor, scale: float) -> torch.Tensor:
    """Return the probability of each text for each image, against the background prompts; (images, texts)."""
    against = torch.logsumexp(scale * images @ background.T, dim=1, keepdim=True)
    return torch.sigmoid(scale * images @ texts.T - against)


def measure(model: Any, tokenizer: Tokenizer, scenes: Sequence[Scene], images: torch.Tensor) -> Figures:
    """Return the figures of a model on scenes, given the unit vectors of their images."""
    text = model.text
    scale = model.logit_scale.exp().item()
    background = embed_texts(text, tokenizer, BACKGROUND)

    pairs = [Meaning(subject, place) for subject in SUBJECTS for place in PLACES]
    pair_vectors = embed_texts(text, tokenizer, [phrases(pair)[0] for pair in pairs])
    scores = images @ pair_vectors.T
    best = [pairs[i] for i in scores.argmax(1)]
    zero_shot = np.mean([guess.fits(scene.meaning) for guess, scene in zip(best, scenes, strict=True)])

    top_ten = {}
    for i, pair in enumerate(pairs):
        ranked = scores[:, i].argsort(descending=True)[:10].tolist()
        top_ten[phrases(pair)[0]] = float(np.mean([pair.fits(scenes[k].meaning) for k in ranked]))
    worst = min(top_ten, key=lambda query: top_ten[query])

    labels = [(s, Meaning(s)) for s in SUBJECTS] + [(p, Meaning(None, p)) for p in PLACES]
    labels += [(t, Meaning(None, None, t)) for t in TIMES]
    vectors = label_vectors(text, tokenizer, [label for label, _ in labels])
    tagged = probabilities(images, vectors, background, scale) >= 0.5
    true = torch.tensor([[meaning.fits(scene.meaning) for _, meaning in labels] for scene in scenes])

    queries = sorted({part for scene in scenes for part in scene.meaning.parts()}, key=repr)
    accepted = (
        probabilities(images, embed_texts(text, tokenizer, [phrases(m)[0] for m in queries]), background, scale) >= 0.5
    )
    right = torch.tensor([[meaning.fits(scene.meaning) for meaning in queries] for scene in scenes])

    rng = random.Random(1)
    foreign_queries = [foreign(rng, rng.choice(scene.meaning.parts())) for scene in scenes[:500]]
    refused = (probabilities(images, embed_texts(text, tokenizer, foreign_queries), background, scale) < 0.5).all(0)
    return Figures(
        zero_shot=float(zero_shot),
        worst_top_ten=top_ten[worst],
        worst_query=worst,
        tag_precision=float(true[tagged].float().mean()),
        tag_recall=float(tagged[true].float().mean()),
        answers_lost=float(1 - accepted[right].float().mean()),
        foreign_refused=float(refused.float().mean()),
    )
