"""What runs a tower: which device there is, and in which precision it is fast and good enough."""

from dataclasses import dataclass

from mcsearch.errors import ModelError, UsageError

DEVICES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True)
class Engine:
    """A device, the torch dtype it computes in ("float16", "bfloat16", "float32"), and its best batch."""

    device: str
    dtype: str
    batch_size: int


def choose_engine(device: str = "auto") -> Engine:
    """The engine for a device of DEVICES; "auto" takes CUDA, else MPS, else the CPU. Imports torch.

    Raises ModelError when the device asked for is not there, UsageError when it is none of DEVICES.
    """
    if device not in DEVICES:
        raise UsageError(f"There is no device named {device!r}. There are: {', '.join(DEVICES)}.")
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        device = next(name for name, available in there.items() if available)
    if not there[device]:
        raise ModelError(f"torch finds no {device.upper()} device here. Leave out --device to use what there is.")
    if device == "cuda":
        return Engine("cuda", "float16", 128)
    if device == "mps":
        return Engine("mps", "float16", 32)
    return Engine("cpu", "bfloat16" if _cpu_has_bfloat16() else "float32", 16)


def _cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 natively; emulated it would be slower than float32."""
    import torch

    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "arm_bf16", "bf16"))
