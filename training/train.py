"""Trains the demo model on painted scenes from a seed: `python -m training.train [--out FOLDER] [--seed 0]`."""

import argparse
import math
import os
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy, interpolate, logsigmoid, normalize

from mcsearch.demo.painter import COLOURS, PLACES, SUBJECTS, TIMES, Scene, scenes
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.prompts import BACKGROUND, TEMPLATES
from mcsearch.models.reference.open_clip_import import import_open_clip
from training.captions import Caption, Vocabulary, caption_batch, fits
from training.evaluate import PIXELS, embed_images, measure, seen_all

SCENES = 8000
HELD_OUT = 2000
BATCH = 64
LABELS = 16
# Most of the learning is done on small images, which cost a quarter; the last steps see them at full size.
STEPS_BY_SIZE = ((128, 600), (192, 120), (256, 140))
IMAGE_LEARNING_RATE = 6e-3
TEXT_LEARNING_RATE = 2e-3
FIRST_LOGIT_SCALE = 30.0
WARM_UP = 60
# What the image tower is asked directly.
ANSWERS: tuple[tuple[str | None, ...], ...] = (SUBJECTS, PLACES, TIMES, (*COLOURS, None))


def train(model: Any, vocabulary: Vocabulary, shown: Sequence[Scene], pixels: npt.NDArray[np.uint8],
          seed: int) -> None:  # fmt: skip
    """Train both towers together; prints the loss as it goes.

    The image tower is also asked directly for what it sees, through a layer that is thrown away afterwards: with
    captions alone it told only half of the subjects apart after a thousand steps.
    """
    rng = random.Random(seed)
    answers = torch.nn.Linear(model.visual.trunk.num_classes, sum(len(names) for names in ANSWERS))
    image_weights = [*model.visual.parameters(), *answers.parameters()]
    optimizer = torch.optim.AdamW(
        [
            {"params": image_weights, "peak": IMAGE_LEARNING_RATE},
            {"params": [*model.text.parameters(), model.logit_scale], "peak": TEXT_LEARNING_RATE},
        ],
        betas=(0.9, 0.98),
        weight_decay=0.01,
    )
    sizes = [size for size, steps in STEPS_BY_SIZE for _ in range(steps)]
    total, started, losses = len(sizes), time.monotonic(), []
    with torch.no_grad():
        model.logit_scale.fill_(math.log(FIRST_LOGIT_SCALE))
    model.train()
    for step, size in enumerate(sizes):
        rate = min((step + 1) / WARM_UP, 1 - step / total)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        if step % (len(shown) // BATCH) == 0:
            order = rng.sample(range(len(shown)), len(shown))
        chosen = [order[(step * BATCH + k) % len(order)] for k in range(BATCH)]
        loss = _loss(model, answers, vocabulary, _augmented(pixels[chosen], size, rng), [shown[i] for i in chosen], rng)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            seconds = time.monotonic() - started
            print(f"step {step + 1}/{total}  {size} px  loss {np.mean(losses[-50:]):.3f}  {seconds:.0f} s", flush=True)


def _augmented(pixels: npt.NDArray[np.uint8], size: int, rng: random.Random) -> torch.Tensor:
    """A batch of images, some mirrored, all cut a little closer in the same way, of `size` pixels."""
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    images[: len(images) // 2] = images[: len(images) // 2].flip(-1)
    side = rng.choice((PIXELS, rng.randint(224, PIXELS)))
    left, top = rng.randint(0, PIXELS - side), rng.randint(0, PIXELS - side)
    images = images[:, :, top : top + side, left : left + side]
    if side != size:
        images = interpolate(images, (size, size), mode="bilinear", antialias=True)
    # Torch 2.13 corrupts memory in the backward pass of bfloat16 convolutions over channels-last images.
    return images.contiguous(memory_format=torch.contiguous_format)


def _loss(model: Any, answers: torch.nn.Module, vocabulary: Vocabulary, images: torch.Tensor,
          shown: Sequence[Scene], rng: random.Random) -> torch.Tensor:  # fmt: skip
    meanings = [scene.meaning for scene in shown]
    asked = caption_batch(meanings, rng, LABELS)
    texts = [text for text, _ in asked.captions]
    prompts = [template.format(label) for label, _ in asked.labels for template in TEMPLATES]
    with torch.autocast("cpu", torch.bfloat16):
        pictured = model.visual(images)
    pictured = normalize(pictured.float(), dim=-1)
    answered = _answered(answers(10 * pictured), shown)
    said = _embed(model.text, vocabulary([*texts, *prompts, *BACKGROUND]))
    captions, prompted, background = torch.split(said, [len(texts), len(prompts), len(BACKGROUND)])
    labels = normalize(prompted.view(len(asked.labels), len(TEMPLATES), -1).mean(1), dim=-1)

    scale = model.logit_scale.exp()
    everything: list[Caption] = asked.captions + asked.labels
    logits = scale * pictured @ torch.cat((captions, labels)).T
    right = fits(everything, meanings)
    against = torch.logsumexp(scale * pictured @ background.T, dim=1, keepdim=True)
    margin = logits - against
    believed = -(logsigmoid(margin)[right].sum() + logsigmoid(-margin)[~right].sum()) / right.sum()
    return believed + 0.5 * _contrast(logits.T, right.T) + 0.5 * _contrast(logits, right) + answered


def _answered(logits: torch.Tensor, shown: Sequence[Scene]) -> torch.Tensor:
    """Cross entropy of what the image tower says it sees: subject, place, time and colour."""
    loss = torch.zeros(())
    kinds = torch.split(logits, [len(names) for names in ANSWERS], dim=1)
    for names, kind, of in zip(ANSWERS, kinds, ("subject", "place", "time", "colour"), strict=True):
        true = torch.tensor([names.index(getattr(scene, of)) for scene in shown])
        loss = loss + cross_entropy(kind, true)
    return loss


def _contrast(logits: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Cross entropy of each row against equal shares for all that is right in it; rows without are left out."""
    asked = right.any(1)
    shares = right[asked] / right[asked].sum(1, keepdim=True)
    return -(shares * logits[asked].log_softmax(1)).sum(1).mean()


def _embed(text: Any, tokens: torch.Tensor) -> torch.Tensor:
    """Unit vectors of tokens cut to the longest caption. The causal mask has the full width and is cut alike."""
    mask = text.attn_mask
    length = tokens.shape[1]
    text.attn_mask = mask[:length, :length]
    try:
        return normalize(text(tokens).float(), dim=-1)
    finally:
        text.attn_mask = mask


def save(model: Any, vocabulary: Vocabulary, folder: Path) -> None:
    """Write the checkpoint in half precision beside its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        vocabulary.share(model.text.token_embedding.weight)
    state = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in model.state_dict().items()
    }
    file = folder / "open_clip_model.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    file.chmod(0o644)
    source = MODEL_FOLDER / "open_clip_config.json"
    if folder.resolve() != MODEL_FOLDER.resolve():
        shutil.copy(source, folder / source.name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the demo model and print what it is worth.")
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.monotonic()
    open_clip = import_open_clip()
    from timm.models import reparameterize_model

    torch.manual_seed(arguments.seed)
    shown, held_out = scenes(SCENES, arguments.seed), scenes(HELD_OUT, arguments.seed + 1)
    pixels = seen_all([*shown, *held_out], os.cpu_count() or 1)
    print(f"{len(pixels)} scenes painted  {time.monotonic() - started:.0f} s", flush=True)

    name = f"local-dir:{MODEL_FOLDER}"
    model = open_clip.create_model(name, load_weights=False)
    tokenizer = open_clip.get_tokenizer(name)
    vocabulary = Vocabulary(tokenizer, model.vocab_size)
    train(model, vocabulary, shown, pixels[:SCENES], arguments.seed)
    save(model, vocabulary, arguments.out)

    model = open_clip.create_model(f"local-dir:{arguments.out}").eval()
    visual = reparameterize_model(model.visual)
    images = embed_images(visual, pixels[SCENES:])
    print(f"logit scale {model.logit_scale.exp().item():.1f}")
    print(measure(model, tokenizer, held_out, images))
    processor = sum(os.times()[:4])
    print(f"{time.monotonic() - started:.0f} s, {processor:.0f} s of processor time")


if __name__ == "__main__":
    main()
