"""The one place that imports open_clip, because that takes seconds and can fail on a mismatched torchvision."""

import logging
import sys
from types import ModuleType

# The stand-in operators live as long as the torch library object that declared them.
_declared: list[object] = []


def import_open_clip() -> ModuleType:
    """Import open_clip, register our own architectures, and return the module.

    Raises ImportError when torch or open_clip is not installed.
    """
    _import_torchvision()
    import open_clip

    from mcsearch.models.reference import architectures  # noqa: F401  (registers with timm)

    logging.getLogger("timm").setLevel(logging.ERROR)
    module: ModuleType = open_clip
    return module


def _import_torchvision() -> None:
    """Import torchvision even when its compiled operators do not match the installed torch.

    open_clip imports torchvision for its Python parts only. A CPU-only torch beside the package
    index's torchvision (built for CUDA) fails in `import torchvision` with "operator
    torchvision::nms does not exist"; declaring the two operators it looks up is enough.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torch

        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
        _declared.append(library)
        import torchvision  # noqa: F401
