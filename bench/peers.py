"""The peers: rclip in an environment of its own with seeded models, and open_clip used plainly.

    python -m bench.peers [--work DIR]     makes rclip's environment and models, and shows that it runs

rclip looks for its models in its data folder before it asks the network, by these names alone; the speed of a
graph does not depend on its weights. Of a data folder rclip 3.3.0 reads the two graphs and the tokenizer file
and nothing else.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.work import Work, default_folder
from mcsearch.models.reference.open_clip_import import import_open_clip

RCLIP_VERSION = "3.3.0"
ARCHITECTURE = "ViT-B-32-256"
MODEL_FOLDER = "ViT-B-32-256-datacomp_s34b_b86k"
TOKENIZER = "tokenizer/bpe_simple_vocab_16e6.txt.gz"
DATABASE = "db.sqlite3"
_BIN = "Scripts" if os.name == "nt" else "bin"
_OPSET = 18


class Rclip:
    """rclip as its users have it: the command of the released package, with models that need no network."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._home = work.place("rclip")
        self._models = self._home / "models"
        self.python = self._home / "env" / _BIN / "python"
        self.command = str(self.python.with_name("rclip"))
        if not (self._home / "ready").exists():
            self._install()
            self._write_models()
            (self._home / "ready").touch()

    def data_folder(self, name: str, *, fresh: bool = False) -> Path:
        """A data folder with the models in it; with `fresh` it has no database yet."""
        folder = self._work.place("rclip", "data", name)
        folder.mkdir(exist_ok=True)
        for models in self._models.iterdir():
            with contextlib.suppress(FileExistsError):
                (folder / models.name).symlink_to(models, target_is_directory=True)
        if fresh:
            for file in folder.glob(f"{DATABASE}*"):
                file.unlink()
        return folder

    def environment(self, data_folder: Path) -> dict[str, str]:
        """The environment that the command runs in."""
        return {**os.environ, "RCLIP_DATADIR": str(data_folder), "HF_HUB_OFFLINE": "1"}

    def make_database(self, data_folder: Path) -> Path:
        """An empty database, made by rclip's own code."""
        file = data_folder / DATABASE
        make = f"from rclip.db import DB; DB({str(file)!r}).close()"
        subprocess.run([self.python, "-c", make], check=True, env=self.environment(data_folder))
        return file

    def _install(self) -> None:
        if Path(self.command).exists():
            return
        print(f"bench: installing rclip {RCLIP_VERSION}", file=sys.stderr)
        venv.create(self._home / "env", with_pip=True)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        subprocess.run([*pip, f"rclip=={RCLIP_VERSION}"], check=True)

    def _write_models(self) -> None:
        print(f"bench: exporting {ARCHITECTURE} with seeded weights for rclip", file=sys.stderr)
        open_clip = import_open_clip()
        tokenizer = self._models / TOKENIZER
        tokenizer.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(str(open_clip.__file__)).with_name(tokenizer.name), tokenizer)
        _export(self._models / MODEL_FOLDER)


def plain_open_clip(folder: Path, architecture: str, checkpoint: Path) -> list[str]:
    """The command that embeds a folder with the loop of open_clip's README."""
    script = Path(__file__).parent / "sections" / "plain_open_clip.py"
    return [sys.executable, str(script), str(folder), architecture, str(checkpoint)]


def _export(folder: Path) -> None:
    """Write visual.onnx and textual.onnx: float32 graphs with a free batch, input `input`, output `output`."""
    import torch

    from tests.support.seeded import seed_weights

    open_clip = import_open_clip()

    class Tower(torch.nn.Module):
        def __init__(self, clip: Any, encode: str) -> None:
            super().__init__()
            self.clip, self.encode = clip, encode

        def forward(self, values: torch.Tensor) -> Any:
            return getattr(self.clip, self.encode)(values)

    with tempfile.TemporaryDirectory() as temporary:
        made = open_clip.create_model(ARCHITECTURE, load_weights=False)
        weights = seed_weights(made, Path(temporary) / "seeded.safetensors")
        clip = open_clip.create_model(ARCHITECTURE, pretrained=str(weights)).eval().requires_grad_(False)
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")  # of the exporter, about what it does
    torch.backends.mha.set_fastpath_enabled(False)  # ONNX has no operator for torch's fused attention
    tokens = open_clip.get_tokenizer(ARCHITECTURE)(["a photo of a dog", "a cat"])
    towers = {"visual": ("encode_image", torch.rand(2, 3, 256, 256)), "textual": ("encode_text", tokens)}
    for name, (encode, example) in towers.items():
        torch.onnx.export(
            Tower(clip, encode).eval(), (example,), str(folder / f"{name}.onnx"), input_names=["input"],
            output_names=["output"], dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}},
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the environment, then index 50 photos with rclip and ask it something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=default_folder())
    work = Work(parser.parse_args(arguments).work.absolute())
    from mcsearch.demo.painter import paint_folder

    rclip, photos = Rclip(work), work.place("photos", "painted")
    if not photos.exists():
        paint_folder(photos, 50, seed=6)
    data = rclip.data_folder("painted", fresh=True)
    subprocess.run([rclip.command, "a dog on a beach"], cwd=photos, env=rclip.environment(data), check=True)


if __name__ == "__main__":
    main()
