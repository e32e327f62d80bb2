"""Which build of torch is installed, found without importing it."""

import importlib.util
import os
from collections.abc import Iterator

from mcsearch.models.engines import has_gpu
from mcsearch.records.status import TorchBuild

# The folders that builds for CUDA bring along, beside the package torch itself.
_CUDA_FOLDERS = ("nvidia", "triton")


def torch_build() -> TorchBuild | None:
    """Return the installed build of torch, or None if there is none."""
    spec = importlib.util.find_spec("torch")
    return None if spec is None or spec.origin is None else build_in(os.path.dirname(os.path.dirname(spec.origin)))


def build_in(packages: str) -> TorchBuild:
    """Return the build of torch that is installed in a folder of packages."""
    marks = (name for name in os.listdir(packages) if name.startswith("torch-") and name.endswith(".dist-info"))
    version = next(marks, "torch-unknown.dist-info").removeprefix("torch-").removesuffix(".dist-info")
    return TorchBuild(version, sum(os.lstat(file).st_size for file in _cuda_files(packages)), has_gpu())


def _cuda_files(packages: str) -> Iterator[str]:
    for folder in _CUDA_FOLDERS:
        for place, _, names in os.walk(os.path.join(packages, folder)):
            yield from (os.path.join(place, name) for name in names)
    libraries = os.path.join(packages, "torch", "lib")
    for name in os.listdir(libraries) if os.path.isdir(libraries) else ():
        if "cuda" in name:
            yield os.path.join(libraries, name)
