"""The one place that imports OpenVINO, because its package reports each import over the network."""

import functools
import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any

# To be held where OpenVINO compiles or writes a model. It sets the locale of the process to "C" meanwhile, and then
# puts back what it found: of two at once, the second finds "C", and Python reads and writes text as ASCII from then on.
CHANGES_LOCALE = threading.Lock()


def has_openvino() -> bool:
    """Whether OpenVINO is installed; it has no wheels for every platform."""
    return importlib.util.find_spec("openvino") is not None


@functools.cache
def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry and return the module. Raises ImportError when it is not installed.

    `import openvino` starts a process that sends a usage report unless its telemetry package is missing. Nothing may
    leave the user's machine, so the package is made to look missing. So is the converter, which is not used here and
    would take most of the import's time.
    """
    for name in ("openvino_telemetry", "openvino.tools.ovc"):
        sys.modules[name] = None  # type: ignore[assignment]
    import openvino

    module: ModuleType = openvino
    return module


@functools.cache
def core() -> Any:
    """OpenVINO's runtime; the process has one."""
    return import_openvino().Core()


def openvino_version() -> str:
    """The release and the build of OpenVINO, such as "2026.4.1-22982"."""
    return "-".join(import_openvino().__version__.split("-")[:2])
