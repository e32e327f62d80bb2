"""mcsearch embed, score and export, and load_model of the Python API."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcsearch import Library, load_model
from tests.conftest import Mcsearch
from tests.support.runs import inside

DEMO = ("--model", "demo")


@pytest.fixture(scope="module")
def dog_and_cat(painted: Path) -> list[Path]:
    """A photo of a dog and one of a cat."""
    return [next(painted.rglob(f"{subject}-*.jpg")) for subject in ("dog", "cat")]


def _vectors(stdout: str) -> np.ndarray:
    return np.array([json.loads(line)["vector"] for line in stdout.splitlines()], dtype=np.float32)


def test_embed_prints_unit_vectors_of_photos_and_texts(
    mcsearch: Mcsearch, dog_and_cat: list[Path], tmp_path: Path
) -> None:
    said = ("--text", "a dog", "--text", "a cat")
    done = mcsearch("embed", *dog_and_cat, *said, *DEMO)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row.get("path", row.get("text")) for row in rows] == [*map(str, dog_and_cat), "a dog", "a cat"]
    assert {row["model"] for row in rows} == {"demo"}
    vectors = _vectors(done.stdout)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not (tmp_path / "library.db").exists()

    mcsearch("embed", *dog_and_cat, *said, *DEMO, "--npy", "vectors.npy")
    assert np.allclose(np.load(tmp_path / "vectors.npy"), vectors, atol=1e-6)


def test_what_the_library_knows_costs_no_torch(mcsearch: Mcsearch, photos: Path) -> None:
    mcsearch("index", photos, *DEMO)
    mcsearch("find", "a dog")
    photo = next(photos.rglob("*.jpg"))
    for command in (("embed", photo, "--text", "a dog"), ("score", photo, "a dog")):
        imported = mcsearch(*command, env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr
        assert "| torch\n" not in imported.replace("  ", "")
    known = _vectors(mcsearch("embed", photo).stdout)
    shutil.copy(photo, photo.with_name("copy.jpg"))
    again = _vectors(mcsearch("embed", photo.with_name("copy.jpg")).stdout)
    assert (known * again).sum() > 0.999


def test_score_tells_which_text_fits(mcsearch: Mcsearch, dog_and_cat: list[Path]) -> None:
    texts = ("a dog", "a cat", "a boat")
    done = mcsearch("score", *dog_and_cat, *texts, *DEMO, "--json")
    scores = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(score["path"], score["text"]) for score in scores] == [(str(p), t) for p in dog_and_cat for t in texts]
    for start, best in ((0, "a dog"), (3, "a cat")):
        some = scores[start : start + 3]
        assert sum(score["probability"] for score in some) == pytest.approx(1)
        assert max(some, key=lambda score: score["probability"])["text"] == best
    logits = np.array([score["score"] for score in scores[:3]]) * load_model("demo").logit_scale
    expected = np.exp(logits) / np.exp(logits).sum()
    assert [score["probability"] for score in scores[:3]] == pytest.approx(expected, abs=1e-4)
    lines = mcsearch("score", dog_and_cat[0], *texts, *DEMO).stdout.splitlines()
    assert [line.split("  ")[-1] for line in lines] == list(texts)


@pytest.mark.parametrize("suffix", [".npy", ".safetensors", ".parquet"])
def test_export_writes_every_embedding_with_its_path(
    mcsearch: Mcsearch, painted: Path, indexed_library: Path, tmp_path: Path, suffix: str
) -> None:
    shutil.copy(indexed_library, tmp_path)
    file = tmp_path / f"out{suffix}"
    assert "36 embeddings written" in mcsearch("export", "--embeddings", file).stderr
    if suffix == ".npy":
        vectors = np.load(file)
        paths = [json.loads(line) for line in Path(f"{file}.paths.jsonl").read_text().splitlines()]
    elif suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(file, "np") as opened:
            vectors, paths = opened.get_tensor("embeddings"), json.loads(opened.metadata()["paths"])
    else:
        import pyarrow.parquet as pq

        table = pq.read_table(file)
        vectors, paths = np.array(table["embedding"].to_pylist(), np.float32), table["path"].to_pylist()
    assert paths == sorted(map(str, painted.rglob("*.jpg")))
    with Library(tmp_path / "library.db") as library:
        assert np.array_equal(vectors, load_model_vectors(library, paths))
    folder = next(path for path in sorted(painted.iterdir()) if path.is_dir())
    assert (
        f"{len(list(folder.iterdir()))} embeddings" in mcsearch("export", "--embeddings", file, "--in", folder).stderr
    )
    assert not list(tmp_path.glob("*.part*"))


def load_model_vectors(library: Library, paths: list[str]) -> np.ndarray:
    """The stored vectors of paths, read with SQL."""
    rows = dict(
        inside(library)._connection.execute("SELECT path, vector FROM photos JOIN embeddings USING (content_id)")
    )
    return np.stack([np.frombuffer(rows[path], "<f4") for path in paths])


def test_load_model_embeds_files_and_pictures_alike(dog_and_cat: list[Path]) -> None:
    model = load_model("demo")
    with Image.open(dog_and_cat[0]) as picture:
        size = picture.size
        vectors = model.embed_images([picture, dog_and_cat[0], str(dog_and_cat[1])])
        assert picture.size == size
    assert vectors.shape == (3, model.dimensions)
    assert (vectors[0] @ vectors[1], vectors[0] @ vectors[2]) == (pytest.approx(1, abs=1e-3), pytest.approx(0, abs=0.9))
    texts = model.embed_texts(["a dog", "a cat"])
    assert (vectors[1:] @ texts.T).argmax(axis=1).tolist() == [0, 1]
    assert model.embed_texts([]).shape == (0, model.dimensions)
    assert model.logit_bias is None
    assert model.embed_texts("dog").shape == (1, 64)


def test_importing_the_api_costs_no_torch() -> None:
    code = "import sys; from mcsearch import load_model, Library; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["embed", *DEMO], 2, "Name photos to embed, or give texts"),
        (["embed", "none.jpg", *DEMO], 2, "none.jpg: cannot be read"),
        (["embed", "notes.txt", *DEMO], 2, "notes.txt: not a picture"),
        (["embed", "--text", "a", "--model", "nonsense"], 2, "There is no model named 'nonsense'"),
        (["embed", "--text", "a", *DEMO, "--npy", "none/x.npy"], 2, "cannot be written"),
        (["score", "notes.txt", *DEMO], 2, "Name a photo and then texts"),
        (["score", "none.jpg", "a dog", *DEMO], 2, "There is no photo none.jpg"),
        (["export", "--embeddings", "x.npy"], 1, "There is no library"),
        (["export", "--embeddings", "x.csv", "--library", "empty.db"], 2, ".npy, .parquet, .safetensors"),
    ],
)
def test_bad_input_is_one_sentence(
    mcsearch: Mcsearch, tmp_path: Path, arguments: list[str], exit_code: int, sentence: str
) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    Library(tmp_path / "empty.db").close()
    done = mcsearch(*arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""
