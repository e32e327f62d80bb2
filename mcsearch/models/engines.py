"""What runs a tower: the device, the runtime, and the precision that is fast there."""

import contextlib
import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from typing import Literal

from mcsearch.errors import ModelError, UsageError
from mcsearch.openvino_import import core, has_openvino

DEVICES = ("auto", "cuda", "mps", "cpu")
_CUDA_LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@dataclass(frozen=True, slots=True)
class Engine:
    """A runtime on a device, with its precision ("float16", "bfloat16" or "float32").

    It takes `batch_size` photos at once and computes in `streams` parallel streams.
    """

    runtime: Literal["openvino", "torch"]
    device: str
    dtype: str
    batch_size: int
    streams: int = 1


def choose_engine(device: str = "auto") -> Engine:
    """Choose the engine for one of DEVICES; "auto" takes CUDA, else MPS, else the CPU.

    Imports torch only where there is a GPU or no OpenVINO. Raises ModelError when the device asked for does not exist
    here, UsageError when it is not one of DEVICES.
    """
    if device not in DEVICES:
        raise UsageError(f"There is no device named {device!r}. There are: {', '.join(DEVICES)}.")
    if device in ("cuda", "auto") and _cuda_is_there():
        return Engine("torch", "cuda", "float16", 128)
    if device in ("mps", "auto") and _mps_is_there():
        return Engine("torch", "mps", "float16", 32)
    if device in ("cuda", "mps"):
        raise ModelError(
            f"torch finds no {device.upper()} device here.", hint="Leave out --device to use what there is."
        )
    if not has_openvino():
        return torch_on_cpu()
    native = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    dtype = next((name for name, mark in (("bfloat16", "BF16"), ("float16", "FP16")) if mark in native), "float32")
    return Engine("openvino", "cpu", dtype, 16)  # the tower decides on batch size and streams


def reason(engine: Engine) -> str:
    """Return why `choose_engine` chose this engine, as a clause."""
    if engine.device != "cpu":
        return f"torch finds a {engine.device.upper()} device"
    gpu = "this torch does not use the GPU here" if has_gpu() else "no driver finds a GPU here"
    if engine.runtime != "openvino":
        return f"{gpu} and OpenVINO is not installed"
    if engine.dtype == "float32":
        return f"{gpu} and this processor computes in no shorter precision"
    return f"{gpu} and this processor computes in {engine.dtype}"


def torch_on_cpu() -> Engine:
    """The engine for a CPU without OpenVINO, or for a model that OpenVINO does not run correctly."""
    return Engine("torch", "cpu", "bfloat16" if _torch_has_bfloat16() else "float32", 16)


def _cuda_is_there() -> bool:
    """Whether torch can use CUDA, or AMD's ROCm. The driver is asked first because it answers at once."""
    from importlib.metadata import version  # slow to import

    build = version("torch").partition("+")[2]
    if build == "cpu" or not (_cuda_devices() or ("rocm" in build and os.path.exists("/dev/kfd"))):
        return False
    import torch

    return torch.cuda.is_available()


def has_gpu() -> bool:
    """Whether a driver for CUDA or AMD's ROCm finds a device here; torch is not asked."""
    return bool(_cuda_devices()) or os.path.exists("/dev/kfd")


def _cuda_devices() -> int:
    """Count the devices of the CUDA driver (cuInit and cuDeviceGetCount of its API); 0 without a driver."""
    count = ctypes.c_int(0)
    with contextlib.suppress(OSError, AttributeError):
        driver = ctypes.CDLL(_CUDA_LIBRARY)
        if driver.cuInit(0) == 0:
            driver.cuDeviceGetCount(ctypes.byref(count))
    return count.value


def _mps_is_there() -> bool:
    if (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return False
    import torch

    return torch.backends.mps.is_available()


def _torch_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively; emulated, it would be slower than float32."""
    import torch

    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16"))
