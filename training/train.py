"""Train the demo model on painted scenes from a seed: `python -m training.train [--out FOLDER] [--seed 0]`."""

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
from training.evaluate import PIXELS, embed_images, measure, preprocess_all

SCENES = 8000
HELD_OUT = 2000
BATCH = 64
LABELS = 16
# Image size and number of steps. Most steps use small images, which cost a quarter; the last ones use the full size.
STEPS_BY_SIZE = ((128, 600), (192, 120), (256, 140))
IMAGE_LEARNING_RATE = 6e-3
TEXT_LEARNING_RATE = 2e-3
INITIAL_LOGIT_SCALE = 30.0
WARM_UP_STEPS = 60
# The classes of the auxiliary classification heads on the image tower.
CLASSES: tuple[tuple[str | None, ...], ...] = (SUBJECTS, PLACES, TIMES, (*COLOURS, None))


def train(model: Any, vocabulary: Vocabulary, shown: Sequence[Scene], pixels: npt.NDArray[np.uint8],
          seed: int) -> None:  # fmt: skip
    """Train both towers jointly and print the loss every 50 steps.

    The image tower is also trained to classify the scenes, through a linear layer that is discarded afterwards: with
    captions alone, it distinguished only half of the subjects after a thousand steps.
    """
    rng = random.Random(seed)
    classifier = torch.nn.Linear(model.visual.trunk.num_classes, sum(len(names) for names in CLASSES))
    image_weights = [*model.visual.parameters(), *classifier.parameters()]
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
        model.logit_scale.fill_(math.log(INITIAL_LOGIT_SCALE))
    model.train()
    for step, size in enumerate(sizes):
        rate = min((step + 1) / WARM_UP_STEPS, 1 - step / total)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        if step % (len(shown) // BATCH) == 0:
            order = rng.sample(range(len(shown)), len(shown))
        chosen = [order[(step * BATCH + k) % len(order)] for k in range(BATCH)]
        loss = _loss(
            model, classifier, vocabulary, _augmented(pixels[chosen], size, rng), [shown[i] for i in chosen], rng
        )
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
    """Return a batch of images of `size` pixels: the first half mirrored, all with the same random crop."""
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    images[: len(images) // 2] = images[: len(images) // 2].flip(-1)
    side = rng.choice((PIXELS, rng.randint(224, PIXELS)))
    left, top = rng.randint(0, PIXELS - side), rng.randint(0, PIXELS - side)
    images = images[:, :, top : top + side, left : left + side]
    if side != size:
        images = interpolate(images, (size, size), mode="bilinear", antialias=True)
    # Torch 2.13 corrupts memory in the backward pass of bfloat16 convolutions over channels-last images.
    return images.contiguous(memory_format=torch.contiguous_format)


def _loss(model: Any, classifier: torch.nn.Module, vocabulary: Vocabulary, images: torch.Tensor,
          shown: Sequence[Scene], rng: random.Random) -> torch.Tensor:  # fmt: skip
    meanings = [scene.meaning for scene in shown]
    batch = caption_batch(meanings, rng, LABELS)
    texts = [text for text, _ in batch.captions]
    prompts = [template.format(label) for label, _ in batch.labels for template in TEMPLATES]
    with torch.autocast("cpu", torch.bfloat16):
        image_vectors = model.visual(images)
    image_vectors = normalize(image_vectors.float(), dim=-1)
    class_loss = _class_loss(classifier(10 * image_vectors), shown)
    text_vectors = _embed(model.text, vocabulary([*texts, *prompts, *BACKGROUND]))
    captions, prompted, background = torch.split(text_vectors, [len(texts), len(prompts), len(BACKGROUND)])
    labels = normalize(prompted.view(len(batch.labels), len(TEMPLATES), -1).mean(1), dim=-1)

    scale = model.logit_scale.exp()
    all_captions: list[Caption] = batch.captions + batch.labels
    logits = scale * image_vectors @ torch.cat((captions, labels)).T
    correct = fits(all_captions, meanings)
    against = torch.logsumexp(scale * image_vectors @ background.T, dim=1, keepdim=True)
    margin = logits - against
    match_loss = -(logsigmoid(margin)[correct].sum() + logsigmoid(-margin)[~correct].sum()) / correct.sum()
    return match_loss + 0.5 * _contrast(logits.T, correct.T) + 0.5 * _contrast(logits, correct) + class_loss


def _class_loss(logits: torch.Tensor, shown: Sequence[Scene]) -> torch.Tensor:
    """Return the cross entropy of the image tower's classification of subject, place, time and colour."""
    loss = torch.zeros(())
    kinds = torch.split(logits, [len(names) for names in CLASSES], dim=1)
    for names, kind, of in zip(CLASSES, kinds, ("subject", "place", "time", "colour"), strict=True):
        true = torch.tensor([names.index(getattr(scene, of)) for scene in shown])
        loss = loss + cross_entropy(kind, true)
    return loss


def _contrast(logits: torch.Tensor, correct: torch.Tensor) -> torch.Tensor:
    """Return the mean cross entropy of the rows against a uniform distribution over their correct entries.

    Rows without a correct entry are left out.
    """
    has_correct = correct.any(1)
    shares = correct[has_correct] / correct[has_correct].sum(1, keepdim=True)
    return -(shares * logits[has_correct].log_softmax(1)).sum(1).mean()


def _embed(text: Any, tokens: torch.Tensor) -> torch.Tensor:
    """Return unit vectors for tokens that are truncated to the longest caption.

    The causal mask, which has the full width, is truncated in the same way.
    """
    mask = text.attn_mask
    length = tokens.shape[1]
    text.attn_mask = mask[:length, :length]
    try:
        return normalize(text(tokens).float(), dim=-1)
    finally:
        text.attn_mask = mask


def save(model: Any, vocabulary: Vocabulary, folder: Path) -> None:
    """Write the checkpoint in half precision, and its configuration, to a folder."""
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
    parser = argparse.ArgumentParser(description="Train the demo model and print how accurate it is.")
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER, help="folder to write the checkpoint to")
    parser.add_argument("--seed", type=int, default=0, help="seed of scenes and weights (default: %(default)s)")
    arguments = parser.parse_args()
    started = time.monotonic()
    open_clip = import_open_clip()
    from timm.models import reparameterize_model

    torch.manual_seed(arguments.seed)
    shown, held_out = scenes(SCENES, arguments.seed), scenes(HELD_OUT, arguments.seed + 1)
    pixels = preprocess_all([*shown, *held_out], os.cpu_count() or 1)
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
    print(f"{time.monotonic() - started:.0f} s, {processor:.0f} s of CPU time")


if __name__ == "__main__":
    main()
