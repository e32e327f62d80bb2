"""The demo model as it ships: its form, and what it is worth on scenes that it was not trained on."""

import json
from typing import Any

import pytest
from safetensors import safe_open

from mcsearch.demo.painter import PLACES, SUBJECTS, Scene, scenes
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.prompts import BACKGROUND

pytestmark = pytest.mark.slow
# Training uses seed 0 and its own evaluation seed 1.
SEED = 20


@pytest.fixture(scope="module")
def held_out() -> list[Scene]:
    return scenes(198, SEED)


@pytest.fixture(scope="module")
def towers() -> tuple[Any, Any]:
    """The model, as open_clip loads it, and its tokenizer."""
    from mcsearch.models.reference.open_clip_import import import_open_clip

    open_clip = import_open_clip()
    name = f"local-dir:{MODEL_FOLDER}"
    return open_clip.create_model(name).eval(), open_clip.get_tokenizer(name)


@pytest.fixture(scope="module")
def visual(towers: tuple[Any, Any]) -> Any:
    from mcsearch.models.reference.open_clip_import import import_open_clip

    import_open_clip()
    from timm.models import reparameterize_model

    return reparameterize_model(towers[0].visual)


@pytest.fixture(scope="module")
def pixels(held_out: list[Scene]) -> Any:
    from training.evaluate import preprocess_all

    return preprocess_all(held_out, processes=2)


@pytest.fixture(scope="module")
def images(visual: Any, pixels: Any) -> Any:
    from training.evaluate import embed_images

    return embed_images(visual, pixels)


def test_checkpoint_is_small_and_in_half_precision() -> None:
    file = MODEL_FOLDER / "open_clip_model.safetensors"
    assert file.stat().st_size <= 8_000_000
    with safe_open(file, "pt") as tensors:
        kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118
    assert kinds <= {"F16", "I64"}


def test_preprocessing_leaves_pixels_as_they_are() -> None:
    config = json.loads((MODEL_FOLDER / "open_clip_config.json").read_text(encoding="utf-8"))
    assert config["preprocess_cfg"]["mean"] == [0, 0, 0]
    assert config["preprocess_cfg"]["std"] == [1, 1, 1]
    assert config["model_cfg"]["vision_cfg"]["image_size"] == 256


def test_fusing_replaces_branches_and_keeps_the_vectors(
    towers: tuple[Any, Any], visual: Any, images: Any, pixels: Any
) -> None:
    from training.evaluate import embed_images

    def weights(module: Any) -> int:
        return len(list(module.parameters()))

    assert weights(visual) < weights(towers[0].visual)
    unfused = embed_images(towers[0].visual, pixels[:32])
    assert float((unfused * images[:32]).sum(1).min()) > 0.9999


def test_figures_on_held_out_scenes(towers: tuple[Any, Any], held_out: list[Scene], images: Any) -> None:
    from training.evaluate import measure

    figures = measure(*towers, held_out, images)
    assert figures.zero_shot >= 0.9
    assert figures.tag_precision >= 0.95
    assert figures.tag_recall >= 0.95
    assert figures.answers_lost <= 0.03
    assert figures.foreign_refused >= 0.95


def test_every_query_finds_its_scenes_first(towers: tuple[Any, Any], held_out: list[Scene], images: Any) -> None:
    """Each of the 66 queries has three right answers here, so at least two of the first three are to be right."""
    from training.evaluate import embed_texts

    model, tokenizer = towers
    pairs = [(subject, place) for subject in SUBJECTS for place in PLACES]
    queries = [f"{subject} {'on' if place == 'beach' else 'in'} {place}" for subject, place in pairs]
    scores = images @ embed_texts(model.text, tokenizer, queries).T
    for pair, query, column in zip(pairs, queries, scores.T, strict=True):
        first = column.argsort(descending=True)[:3].tolist()
        right = sum((held_out[i].subject, held_out[i].place) == pair for i in first)
        assert right >= 2, f"{query}: {right} of 3"


def test_words_it_does_not_know_fall_below_the_background(towers: tuple[Any, Any], images: Any) -> None:
    from training.evaluate import embed_texts, probabilities

    model, tokenizer = towers
    background = embed_texts(model.text, tokenizer, BACKGROUND)
    queries = ["an elephant", "a spaceship", "invoice", "a quarterly report", "saxophone player"]
    believed = probabilities(
        images, embed_texts(model.text, tokenizer, queries), background, model.logit_scale.exp().item()
    )
    assert float(believed.max()) < 0.5


def test_bfloat16_finds_the_same(visual: Any, images: Any, pixels: Any) -> None:
    import copy

    import torch

    from training.evaluate import embed_images

    halved = embed_images(copy.deepcopy(visual).to(torch.bfloat16), pixels[:16])
    assert float((halved * images[:16]).sum(1).min()) > 0.99
