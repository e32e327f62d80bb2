"""The towers against open_clip itself: same pixels, same prompts, unfused float32."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import save_file

from mcsearch.errors import ModelError
from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.catalog import MODELS
from mcsearch.models.engines import Engine, choose_engine
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.models.reference.torch_towers import TorchImageTower, load_torch_text_tower
from mcsearch.models.towers import embed_pixels, load_image_tower
from mcsearch.photos.pixels.decode import decode
from tests.support.pictures import photographs

S0 = MODELS["mobileclip2-s0"]
PROMPTS = ["a dog on a beach", "", "犬", "\U0001f415 &amp; CAT", "word " * 200]


@pytest.fixture(scope="module")
def pixels() -> npt.NDArray[np.uint8]:
    return np.stack([decode(file.read_bytes(), S0.preprocessing.framing) for file in photographs()])


@pytest.fixture(scope="module")
def unfused(s0_checkpoint: Path, pixels: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.float32]]:
    """What open_clip answers, used as its README does, with the row's preprocessing applied to the same pixels."""
    open_clip = import_open_clip()
    clip = open_clip.create_model(S0.architecture, pretrained=str(s0_checkpoint)).eval()
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
    images = (images - torch.tensor(S0.preprocessing.mean).view(3, 1, 1)) / torch.tensor(S0.preprocessing.std).view(
        3, 1, 1
    )
    with torch.no_grad():
        tokens = open_clip.get_tokenizer(S0.architecture)(PROMPTS)
        return {
            "images": clip.encode_image(images, normalize=True).numpy(),
            "texts": clip.encode_text(tokens, normalize=True).numpy(),
        }


def _cosines(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
    return np.asarray((one * other).sum(axis=1))


def test_the_image_tower_agrees_with_unfused_open_clip(
    s0_checkpoint: Path, pixels: npt.NDArray[np.uint8], unfused: dict[str, npt.NDArray[np.float32]]
) -> None:
    # Different pictures get different vectors, or agreement would mean nothing.
    assert np.sort((unfused["images"] @ unfused["images"].T).ravel())[: -len(pixels)].min() < 0.98
    tower = load_image_tower(S0, s0_checkpoint, choose_engine("cpu"))
    assert (tower.dimensions, round(tower.logit_scale)) == (512, 100)
    vectors = np.concatenate([tower.embed(pixels[:5]), tower.embed(pixels[5:])])
    assert vectors.dtype == np.float32
    assert _cosines(vectors, unfused["images"]).min() >= 0.9995


def test_batches_are_put_together_in_the_memory_that_is_given(
    s0_checkpoint: Path, pixels: npt.NDArray[np.uint8], unfused: dict[str, npt.NDArray[np.float32]]
) -> None:
    tower = load_image_tower(S0, s0_checkpoint, choose_engine("cpu"))
    batches, room = (list(pixels[:3]), list(pixels[3:5])), np.zeros((4, *pixels.shape[1:]), np.uint8)
    vectors = np.concatenate([embed_pixels(tower, batch, room) for batch in batches])
    assert _cosines(vectors, unfused["images"][:5]).min() >= 0.9995
    assert (room == [*pixels[3:5], pixels[2], np.zeros_like(pixels[0])]).all()


def test_fusing_changes_nothing_but_the_work(
    s0_checkpoint: Path, pixels: npt.NDArray[np.uint8], unfused: dict[str, npt.NDArray[np.float32]]
) -> None:
    from timm.utils.model import reparameterize_model

    clip = load_clip(S0, s0_checkpoint)
    fused = reparameterize_model(clip.visual)
    assert len(list(fused.modules())) < len(list(clip.visual.modules()))
    tower = TorchImageTower(S0, fused, Engine("torch", "cpu", "float32", 16), 100.0)
    assert _cosines(tower.embed(pixels), unfused["images"]).min() >= 0.99999


def test_the_text_tower_agrees_with_open_clip(s0_checkpoint: Path, unfused: dict[str, npt.NDArray[np.float32]]) -> None:
    tower = load_torch_text_tower(S0, s0_checkpoint)
    assert _cosines(tower.embed(PROMPTS), unfused["texts"]).min() >= 0.99999
    assert tower.embed([]).shape == (0, 512)


def test_the_preprocessing_of_the_row_is_what_counts(s0_checkpoint: Path, pixels: npt.NDArray[np.uint8]) -> None:
    openai = replace(S0, preprocessing=MODELS["mobileclip2-s3"].preprocessing)
    ours, theirs = (load_image_tower(row, s0_checkpoint, choose_engine("cpu")).embed(pixels) for row in (S0, openai))
    assert _cosines(ours, theirs).max() < 0.999


@pytest.mark.parametrize(
    "content",
    [b"", b"no checkpoint", b"PK\x03\x04 half a zip", b"\x08\0\0\0\0\0\0\0{}      "],
    ids=["empty", "text", "broken zip", "no tensors"],
)
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_file_that_is_no_checkpoint_is_one_sentence(tmp_path: Path, content: bytes, suffix: str) -> None:
    file = tmp_path / f"weights{suffix}"
    file.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"damaged, incomplete, or not a checkpoint\. Expected: the weights of mobileclip2-s0"
    ):
        load_clip(S0, file)


def test_a_checkpoint_of_another_architecture_is_one_sentence(s0_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match=r"not those of mobileclip2-s2"):
        load_clip(MODELS["mobileclip2-s2"], s0_checkpoint)


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors"])
def test_any_kind_of_file_will_do(tmp_path: Path, suffix: str) -> None:
    demo, file = MODELS["demo"], tmp_path / f"weights{suffix}"
    trained = load_clip(demo, MODEL_FOLDER / demo.file).state_dict()
    if suffix == ".safetensors":
        save_file(trained, file)
    else:
        torch.save({"state_dict": trained, "epoch": 3}, file)
    loaded = load_clip(demo, file).state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in trained.items())


@pytest.mark.parametrize("change", ["one is missing", "one too many"])
def test_a_checkpoint_with_missing_or_unexpected_keys_is_refused(tmp_path: Path, change: str) -> None:
    demo, file = MODELS["demo"], tmp_path / "weights.safetensors"
    tensors = load_clip(demo, MODEL_FOLDER / demo.file).state_dict()
    if change == "one is missing":
        del tensors["text.ln_final.weight"]
    else:
        tensors["text.one_more"] = torch.zeros(1)
    save_file(tensors, file)
    with pytest.raises(ModelError, match=r"weights\.safetensors holds weights, but not those of demo"):
        load_clip(demo, file)


def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    file, proof = tmp_path / "weights.pt", tmp_path / "proof"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(proof),)

    torch.save({"logit_scale": Evil()}, file)
    with pytest.raises(ModelError, match=r"weights\.pt was refused because .* the weights of mobileclip2-s0"):
        load_clip(S0, file)
    assert not proof.exists()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_a_checkpoint_cut_off_half_way_is_one_sentence(tmp_path: Path, s0_checkpoint: Path, suffix: str) -> None:
    file = tmp_path / f"weights{suffix}"
    if suffix == ".pt":
        torch.save({"logit_scale": torch.zeros(100_000)}, file)
    else:
        file.write_bytes(s0_checkpoint.read_bytes()[:1_000_000])
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ModelError, match="incomplete, or not a checkpoint"):
        load_clip(S0, file)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_said(device: str) -> None:
    there = torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()
    if there:
        assert choose_engine(device).dtype == "float16"
    else:
        with pytest.raises(ModelError, match=f"no {device.upper()} device"):
            choose_engine(device)
