"""Every first-generation architecture against what the authors' reference implementation answers.

tests/oracle/ holds a recipe for seeded checkpoints in Apple's own layout, and the reference's answers for
three pictures and seven texts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from mcsearch.models.catalog import MODELS, Model
from mcsearch.models.engines import Engine, choose_engine
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.torch_towers import (
    TorchImageTower,
    TorchTextTower,
    load_torch_image_tower,
    load_torch_text_tower,
    tokenizer,
)
from mcsearch.models.towers import load_image_tower, load_text_tower
from mcsearch.photos.pixels.decode import decode
from tests.conftest import REPOSITORY
from tests.oracle.checkpoint import state_dict

ORACLE = REPOSITORY / "tests" / "oracle"
FLOAT32 = Engine("torch", "cpu", "float32", 16)


@dataclass(frozen=True)
class Case:
    """A model, its seeded checkpoint, and what the reference answers."""

    model: Model
    checkpoint: Path
    pixels: npt.NDArray[np.uint8]
    texts: list[str]
    images: npt.NDArray[np.float32]
    said: npt.NDArray[np.float32]


@pytest.fixture(scope="module", params=["mobileclip-s0", "mobileclip-s1", "mobileclip-s2", "mobileclip-b"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    model = MODELS[request.param]
    name = model.name.replace("-", "_")
    checkpoint = tmp_path_factory.mktemp("oracle") / f"{name}.pt"
    torch.save({key: torch.from_numpy(np.array(value)) for key, value in state_dict(name, 0).items()}, checkpoint)
    expected = np.load(ORACLE / f"expected_{name}.npz")
    wanted = model.preprocessing
    files = [ORACLE / file for file in expected["image_files"]]
    return Case(
        model,
        checkpoint,
        np.stack([decode(file.read_bytes(), wanted.framing) for file in files]),
        expected["texts"].tolist(),
        expected["image_embeddings"],
        expected["text_embeddings"],
    )


def _least_cosine(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    other = other / np.linalg.norm(other, axis=1, keepdims=True)
    return float((one * other).sum(axis=1).min())


@pytest.fixture(scope="module")
def unfused(case: Case) -> Any:
    """The model with both towers as the checkpoint has them."""
    return load_clip(case.model, case.checkpoint)


def test_float32_before_fusing(case: Case, unfused: Any) -> None:
    tower = TorchImageTower(case.model, unfused.visual, FLOAT32, 100.0)
    # In torch 2.6, the rounding errors of the many layers of mobileclip-s1 add up to more than 0.0001.
    assert _least_cosine(tower.embed(case.pixels), case.images) >= 0.9998


def test_float32_after_fusing(case: Case) -> None:
    tower = load_torch_image_tower(case.model, case.checkpoint, FLOAT32)
    assert _least_cosine(tower.embed(case.pixels), case.images) >= 0.9999
    assert tower.logit_scale == pytest.approx(100, rel=1e-4)


def test_texts_before_fusing(case: Case, unfused: Any) -> None:
    tower = TorchTextTower(case.model, unfused, tokenizer(case.model))
    assert _least_cosine(tower.embed(case.texts), case.said) >= 0.9999


def test_texts_after_fusing(case: Case) -> None:
    tower = load_torch_text_tower(case.model, case.checkpoint)
    assert _least_cosine(tower.embed(case.texts), case.said) >= 0.9999


@pytest.mark.parametrize(
    "case",
    [
        "mobileclip-s0",
        pytest.param("mobileclip-s2", marks=pytest.mark.slow),
        # These take minutes to convert, and consist of the same kinds of layers.
        pytest.param("mobileclip-s1", marks=pytest.mark.weekly),
        pytest.param("mobileclip-b", marks=pytest.mark.weekly),
    ],
    indirect=True,
)
def test_the_engine_of_this_machine(case: Case, tmp_path: Path) -> None:
    tower = load_image_tower(case.model, case.checkpoint, choose_engine(), tmp_path)
    assert _least_cosine(tower.embed(case.pixels), case.images) >= 0.9995
    texts = load_text_tower(lambda: (case.model, case.checkpoint), tmp_path)
    assert _least_cosine(texts.embed(case.texts), case.said) >= 0.9995
