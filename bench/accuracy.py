"""Measure a model's accuracy on pictures you have, beside the figures its authors published.

    python bench/accuracy.py FOLDER [--model NAME] [--weights FILE] [--device D]

FOLDER holds a folder for each class, or files named after their ImageNet class (WNID_name.JPEG): zero-shot
top-1 and top-5, with open_clip's 80 templates, and its class names where classes are WNIDs. If there is a
captions.csv in it with the columns file and caption: text-to-image recall@1, @5 and @10 over those files.
"""

import argparse
import csv
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from mcsearch import load_model
from mcsearch.api import Model
from mcsearch.errors import McsearchError, UsageError
from mcsearch.models.catalog import DEFAULT_MODEL, Published
from mcsearch.models.lookup import find_model
from mcsearch.models.prompts import ensemble
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.photos.formats import is_photo_name

T = TypeVar("T")
Vectors = npt.NDArray[np.float32]

_WNID = re.compile(r"(?<![a-z0-9])n\d{8}(?!\d)")
_AT_ONCE = 1024


@dataclass(frozen=True)
class Figure:
    """A measured share in percent, and what the authors published for it, where they did."""

    name: str
    measured: float
    published: float | None


def zero_shot(model: Model, folder: Path, published: Published | None) -> list[Figure]:
    """Top-1 and top-5 over the classes found in a folder; no figures when there are none."""
    labelled = _labelled(folder)
    classes = sorted({label for _, label in labelled})
    if len(classes) < 2:
        return []
    names, templates = _class_names(classes), import_open_clip().OPENAI_IMAGENET_TEMPLATES
    classifier = np.stack([ensemble(list(model.embed_texts([t(name) for t in templates]))) for name in names])
    true = np.array([classes.index(label) for _, label in labelled])
    ranks = np.concatenate(
        [
            _ranks(model.embed_images([file for file, _ in some]) @ classifier.T, true[start : start + len(some)])
            for start, some in _chunks(labelled)
        ]
    )
    whole = published.imagenet_top1 if published and len(classes) == 1000 and _WNID.fullmatch(classes[0]) else None
    title = f"zero-shot, {len(classes)} classes, {len(true)} pictures"
    return [
        Figure(f"{title}: top-1", 100 * float((ranks < 1).mean()), whole),
        Figure(f"{title}: top-5", 100 * float((ranks < 5).mean()), None),
    ]


def retrieval(model: Model, folder: Path, published: Published | None) -> list[Figure]:
    """Text-to-image recall over captions.csv; no figures when there is none. Raises UsageError for a bad one."""
    table = folder / "captions.csv"
    if not table.is_file():
        return []
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or not {"file", "caption"} <= set(rows[0]):
        raise UsageError(f"{table} needs the columns file and caption, and a row.")
    files = sorted({row["file"] for row in rows})
    images = np.concatenate([model.embed_images([folder / f for f in some]) for _, some in _chunks(files)])
    texts = model.embed_texts([row["caption"] for row in rows])
    ranks = _ranks(texts @ images.T, np.array([files.index(row["file"]) for row in rows]))
    title = f"text to image, {len(files)} pictures, {len(rows)} captions"
    figures = [Figure(f"{title}: recall@{k}", 100 * float((ranks < k).mean()), None) for k in (1, 5, 10)]
    if published:
        told = f"as published, recall@1: Flickr30k {published.flickr30k_recall1}, COCO {published.coco_recall1}"
        print(f"({told} percent)")
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--device", default="auto")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.folder.is_dir():
            raise UsageError(f"{chosen.folder} is not a folder.")
        model = load_model(chosen.model, weights=chosen.weights, device=chosen.device)
        published = find_model(chosen.model).published
        figures = [*zero_shot(model, chosen.folder, published), *retrieval(model, chosen.folder, published)]
        if not figures:
            raise UsageError(
                f"{chosen.folder} holds neither folders of classes, nor WNID_name files, nor captions.csv."
            )
    except McsearchError as error:
        sys.exit(f"accuracy: {error}")
    for figure in figures:
        beside = "" if figure.published is None else f"   (published: {figure.published:.1f} %)"
        print(f"{figure.name:60} {figure.measured:5.1f} %{beside}")


def _labelled(folder: Path) -> list[tuple[Path, str]]:
    """Pictures and their classes: the folder they are in, or the WNID in their name."""
    pictures = [file for file in sorted(folder.rglob("*")) if is_photo_name(file.name)]
    in_folders = [(file, file.relative_to(folder).parts[0]) for file in pictures if file.parent != folder]
    named = [(file, match.group()) for file in pictures if file.parent == folder and (match := _WNID.search(file.name))]
    return in_folders or named


def _class_names(classes: Sequence[str]) -> list[str]:
    """What to say for each class: open_clip's name of an ImageNet class, else the folder's name in words."""
    if not all(_WNID.fullmatch(label) for label in classes):
        return [label.replace("_", " ").replace("-", " ") for label in classes]
    ours = import_open_clip().IMAGENET_CLASSNAMES  # before timm, which imports a torchvision that may need mending
    from timm.data.imagenet_info import ImageNetInfo

    wnids = ImageNetInfo("imagenet-1k").label_names()  # type: ignore[no-untyped-call]
    numbers = {wnid: number for number, wnid in enumerate(wnids)}
    return [ours[numbers[label]] for label in classes]


def _ranks(scores: Vectors, true: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many columns score better than the true one, for each row."""
    return np.asarray((scores > scores[np.arange(len(true)), true][:, None]).sum(axis=1))


def _chunks(items: Sequence[T]) -> list[tuple[int, Sequence[T]]]:
    return [(start, items[start : start + _AT_ONCE]) for start in range(0, len(items), _AT_ONCE)]


if __name__ == "__main__":
    main()
