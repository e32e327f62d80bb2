"""Which build of torch is installed."""

from pathlib import Path

import pytest

from mcsearch.models import torch_build
from mcsearch.output.summary import status_lines
from mcsearch.records.status import LibraryStatus, TorchBuild

STATUS = LibraryStatus("library.db", 1, 0, 0, 0, (), ())


def test_cuda_libraries_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "has_gpu", lambda: False)
    for name, size in (
        ("torch/lib/libtorch_cpu.so", 7), ("torch/lib/libtorch_cuda.so", 20), ("nvidia/cudnn/lib/libcudnn.so.9", 300),
        ("triton/x.so", 4000), ("torch-2.13.0.dist-info/METADATA", 1), ("torchvision-0.28.0.dist-info/METADATA", 1),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    build = torch_build.build_in(str(tmp_path))
    assert build == TorchBuild("2.13.0", 4320, has_gpu=False)
    line = list(status_lines(STATUS, build))[-1]
    assert line == (
        "Torch     2.13.0 with CUDA libraries, 4.3 KB; this machine has no GPU for them: see docs/installing.md"
    )


def test_the_build_that_runs_the_tests() -> None:
    import torch

    build = torch_build.torch_build()
    assert build is not None
    assert (
        torch.__version__.split("+")[0] == build.version.split("+")[0]
    )  # a build for CUDA says so in one of them alone
    assert list(status_lines(STATUS, build))[-1].startswith(f"Torch     {build.version}")
