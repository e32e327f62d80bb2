"""The direction of imports: cli, api → ops → {photos, models, library, search} → records, reports, errors, paths."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "mcsearch"
BASE = {"records", "reports", "errors", "paths"}
ALLOWED = {
    "records": set(),
    "reports": {"records"},
    "errors": set(),
    "paths": {"records"},
    "settings": set(),
    "photos": BASE,
    "models": BASE | {"demo"},  # where the weights of the built-in model are
    "library": BASE,
    "search": BASE,
    "ops": BASE | {"photos", "models", "library", "search"},
    "output": BASE,
    "api": BASE | {"settings", "library", "models", "ops"},
    "cli": BASE | {"settings", "ops", "library", "output", "models"},
    "demo": BASE | {"models", "photos"},  # training and its check; what is loaded at run time is MODEL_FOLDER alone
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in ALLOWED)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_what_its_place_allows(module: Path) -> None:
    place = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for imported in _imported(module):
        other = [*imported.split("."), ""][1]
        if other and other != place:
            assert other in ALLOWED[place], f"{module} imports {imported}"


def _imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} if node.module != "mcsearch" else {f"mcsearch.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] == "mcsearch"} - {"mcsearch.__version__"}


@pytest.mark.parametrize("place", ["mcsearch", "mcsearch.api", "mcsearch.photos.worker", "mcsearch.cli.app"])
def test_importing_costs_no_torch(place: str) -> None:
    heavy = "{'torch', 'open_clip', 'timm', 'torchvision', 'huggingface_hub', 'lxml'}"
    code = f"import sys, {place}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_decode_worker_imports_neither_torch_nor_the_library() -> None:
    code = "import sys, mcsearch.photos.worker; print(sorted(m for m in sys.modules if m.startswith('mcsearch.')))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "mcsearch.photos.decode" in listed
    assert not [name for name in ("library", "models", "ops", "cli") if f"mcsearch.{name}" in listed]
