"""Downloads through huggingface_hub, from a hub on loopback. Its settings are read at import, so: subprocesses."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.models.catalog import MODELS
from mcsearch.models.checkpoints import fingerprint, locate
from tests.conftest import loopback_port
from tests.support.hub import Fault, serve

FILE = "open_clip_model.safetensors"
CONTENT = bytes(range(256)) * 4096
LOCATE = """
import sys
from mcsearch.errors import ModelError
from mcsearch.models.catalog import MODELS
from mcsearch.models.checkpoints import locate
try:
    print(locate(MODELS["mobileclip2-s2"]))
except ModelError as error:
    sys.exit(f"{error} {error.hint}")
"""


def _locate(
    endpoint: str, cache: Path, *, code: str = LOCATE, **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": endpoint, "HF_HOME": str(cache), **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _cached(cache: Path) -> list[Path]:
    return [path for path in cache.rglob(FILE) if path.exists()]


def test_a_download_is_kept_and_not_asked_for_again(tmp_path: Path) -> None:
    with serve(CONTENT) as hub:
        done = _locate(hub.endpoint, tmp_path)
        assert done.returncode == 0, done.stderr
        assert Path(done.stdout.strip()).read_bytes() == CONTENT
        assert all(path == f"/timm/MobileCLIP2-S2-OpenCLIP/resolve/main/{FILE}" for _, path, _ in hub.requests)
        asked = len(hub.requests)
        assert _locate(hub.endpoint, tmp_path).stdout == done.stdout
        assert len(hub.requests) == asked
    assert _locate("http://127.0.0.1:1", tmp_path, HF_HUB_OFFLINE="1").stdout == done.stdout


def test_a_download_is_a_stage_that_counts_bytes(tmp_path: Path) -> None:
    to_stderr = "progress=lambda *stage: print(stage, file=sys.stderr)"
    code = LOCATE.replace('["mobileclip2-s2"])', f'["mobileclip2-s2"], {to_stderr})')
    with serve(CONTENT * 20) as hub:
        said = _locate(hub.endpoint, tmp_path, code=code).stderr
    stages = [ast.literal_eval(line) for line in said.splitlines() if line.startswith("(")]
    size = 20 * len(CONTENT)
    assert {(name, total) for name, _, total in stages} == {
        ("downloading mobileclip2-s2 (21 MB, licence apple-amlr)", size)
    }
    done = [done for _, done, _ in stages]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, size)
    assert len(done) > 2


def test_an_older_file_of_another_model_is_found_again_without_a_network(tmp_path: Path) -> None:
    row = 'dataclasses.replace(MODELS["mobileclip2-s2"], name="other:model")'
    code = "import dataclasses" + LOCATE.replace('MODELS["mobileclip2-s2"]', row)
    with serve({"open_clip_pytorch_model.bin": CONTENT}) as hub:
        done = _locate(hub.endpoint, tmp_path, code=code)
        assert Path(done.stdout.strip()).read_bytes() == CONTENT, done.stderr
    assert _locate("http://127.0.0.1:1", tmp_path, code=code, HF_HUB_OFFLINE="1").stdout == done.stdout


def test_a_download_that_breaks_off_is_resumed(tmp_path: Path) -> None:
    large = CONTENT * 24  # huggingface_hub keeps what has arrived in pieces of 10 MiB
    with serve(large, "cut off once") as hub:
        done = _locate(hub.endpoint, tmp_path)
        assert Path(done.stdout.strip()).read_bytes() == large, done.stderr
        assert [wanted for method, _, wanted in hub.requests if method == "GET"] == [None, "bytes=10485760-"]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("corrupt", "arrived damaged"),
        ("missing", "answered 404"),
        ("gated", "HF_TOKEN"),
        ("unavailable", "answered 503"),
    ],
)
def test_a_download_that_fails_is_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, fault: Fault, sentence: str
) -> None:
    with serve(CONTENT, fault) as hub:
        done = _locate(hub.endpoint, tmp_path)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr
        assert _cached(tmp_path) == []
        hub.fault = None
        assert Path(_locate(hub.endpoint, tmp_path).stdout.strip()).read_bytes() == CONTENT


@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_a_network_the_ways_on_are_named(tmp_path: Path, offline: str) -> None:
    done = _locate(f"http://127.0.0.1:{loopback_port()}", tmp_path, HF_HUB_OFFLINE=offline)
    assert done.returncode == 1
    assert "mobileclip2-s2" in done.stderr
    assert "--weights FILE" in done.stderr
    assert "--model demo" in done.stderr


def test_the_demo_model_needs_no_download() -> None:
    assert locate(MODELS["demo"]) == MODEL_FOLDER / FILE


def test_the_fingerprint_covers_content_and_preprocessing(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"weights")
    other.write_bytes(b"weights")
    row = MODELS["mobileclip2-s2"]
    assert fingerprint(row, one) == fingerprint(row, other)
    assert len(fingerprint(row, one)) == 32
    assert fingerprint(row, one) != fingerprint(MODELS["mobileclip2-s3"], one)
    other.write_bytes(b"weightz")
    assert fingerprint(row, one) != fingerprint(row, other)
