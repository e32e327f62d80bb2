"""open_clip used plainly: the loop of its README over the photos of a folder, in batches of 32.

python bench/sections/plain_open_clip.py FOLDER ARCHITECTURE CHECKPOINT
"""

import sys
from pathlib import Path

import torch
from PIL import Image

from mcsearch.models.reference.open_clip_import import import_open_clip

BATCH_SIZE = 32


def main(folder: str, architecture: str, checkpoint: str) -> None:
    """Embed every photo below the folder, and print how many vectors there are."""
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
    model, _, preprocess = import_open_clip().create_model_and_transforms(architecture, pretrained=checkpoint)
    model.eval()
    vectors = []
    for start in range(0, len(files), BATCH_SIZE):
        images = torch.stack([preprocess(Image.open(file)) for file in files[start : start + BATCH_SIZE]])
        with torch.no_grad():
            features = model.encode_image(images)
            features /= features.norm(dim=-1, keepdim=True)
        vectors.append(features)
    print(tuple(torch.cat(vectors).shape))


if __name__ == "__main__":
    main(*sys.argv[1:])
