"""The structure: which folder may import which, no circles, no crowded folders, nothing heavy before it is needed."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent
PACKAGE = REPOSITORY / "mcsearch"
FILES_AT_MOST = 15

# Every folder and top-level module, with what it may import besides itself. A folder includes the folders in it,
# unless these have lines of their own.
BASE = {
    "records",
    "errors",
    "paths",
    "printable",
    "private",
    "likeness",
    "levels",
    "openvino_import",
}
ALLOWED: dict[str, set[str]] = {
    "records": set(),
    "errors": set(),
    "likeness": set(),
    "levels": set(),
    "openvino_import": set(),
    "paths": {"errors", "printable"},
    "printable": set(),
    "private": set(),
    "settings": set(),
    "error_log": {"settings", "paths", "private"},
    "search": BASE,
    "library": BASE,
    "photos": BASE,
    "photos/pixels": BASE | {"photos"},
    "photos/facts": BASE | {"photos", "photos/pixels"},
    "photos/workers": BASE | {"photos", "photos/pixels", "photos/facts"},
    "models": BASE | {"models/builtin", "models/converted", "models/reference"},
    "models/builtin": set(),
    "models/converted": BASE | {"models"},
    "models/reference": BASE | {"models", "models/converted"},
    "ops": BASE
    | {"photos", "models", "library", "search", "ops/indexing", "ops/finding", "ops/showing"}
    | {"ops/cluster"},
    "ops/exchange": BASE | {"library", "models", "ops", "ops/finding"},
    "ops/cluster": BASE | {"settings", "photos", "models", "library", "search", "ops", "ops/indexing"},
    "ops/indexing": BASE | {"photos", "models", "library", "search", "ops"},
    "ops/finding": BASE | {"photos", "models", "library", "search", "ops"},
    "ops/showing": BASE | {"photos", "models", "library", "search", "ops", "ops/finding"},
    "output": BASE,
    "api": BASE | {"settings", "library", "models", "ops"},
    "web": BASE | {"settings", "error_log", "ops", "library", "output", "models"},
    "cli": BASE | {"settings", "error_log", "ops", "library", "output", "models", "web"},
    "demo": BASE | {"settings"},
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.stem not in ("__init__", "__main__"))


def _name(file: Path) -> str:
    """The dotted name of a module or package."""
    parts = file.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _place(name: str) -> str:
    """The line of ALLOWED that a module belongs to."""
    path = name.removeprefix("mcsearch.").replace(".", "/")
    return max((place for place in ALLOWED if path == place or path.startswith(f"{place}/")), key=len)


def _imported(module: Path) -> Iterator[str]:
    """The modules of mcsearch that a module imports anywhere in it, functions included."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in NAMES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            yield from submodules or {node.module} & NAMES


NAMES = {_name(path) for path in PACKAGE.rglob("*.py")} - {"mcsearch"}
GRAPH = {_name(module): set(_imported(module)) for module in MODULES}


@pytest.mark.parametrize("module", GRAPH)
def test_imports_only_what_its_place_allows(module: str) -> None:
    place = _place(module)
    for imported in GRAPH[module]:
        other = _place(imported)
        nested = other.startswith(f"{place}/") or place == other
        assert nested or other in ALLOWED[place] or other.split("/")[0] in ALLOWED[place] - {place.split("/")[0]}, (
            f"{module} imports {imported}"
        )


def test_no_circle_of_imports() -> None:
    settled: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " → ".join([*way[way.index(module) :], module])
        if module not in settled:
            for imported in sorted(GRAPH.get(module, ())):
                visit(imported, (*way, module))
            settled.add(module)

    for module in GRAPH:
        visit(module, ())


FOLDERS = {path.parent for part in ("mcsearch", "training", "bench") for path in (REPOSITORY / part).rglob("*.py")}


@pytest.mark.parametrize("folder", sorted(FOLDERS), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_folder_is_crowded(folder: Path) -> None:
    assert len(list(folder.glob("*.py"))) <= FILES_AT_MOST


@pytest.mark.parametrize("place", ["mcsearch", "mcsearch.api", "mcsearch.photos.workers.process", "mcsearch.cli.app"])
def test_importing_costs_no_torch(place: str) -> None:
    heavy = "{'torch', 'open_clip', 'timm', 'torchvision', 'huggingface_hub', 'lxml'}"
    code = f"import sys, {place}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_commands_cost_no_torch() -> None:
    heavy = "{'torch', 'open_clip', 'timm', 'torchvision', 'huggingface_hub', 'lxml'}"
    code = f"import sys, mcsearch.cli.commands as c; c.command_line(); print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_query_asked_before_imports_only_what_finds(indexed_library: Path, tmp_path: Path) -> None:
    library = shutil.copyfile(indexed_library, tmp_path / "library.db")
    code = """if True:
        import gc, os
        gc.callbacks.append(lambda phase, _: os.write(2, f"garbage {phase}\\n".encode()))
        from mcsearch.__main__ import main
        main()"""
    asked = [sys.executable, "-X", "importtime", "-c", code, "find", "dog", "--library", str(library)]
    for _ in range(2):
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    imported = {line.rsplit("|", 1)[-1].strip() for line in lines}
    assert "mcsearch.ops.find" in imported
    assert not imported & {
        "mcsearch.records.runs", "mcsearch.models.catalog", "mcsearch.models.towers", "mcsearch.photos.scan",
        "mcsearch.photos.formats", "mcsearch.cli.finding.tag", "mcsearch.cli.albums", "mcsearch.error_log",
        "mcsearch.library.comparing.difference", "mcsearch.library.filtering.filter_sql",
        "mcsearch.library.texts.texts",
        "mcsearch.library.placing.nearest", "mcsearch.library.filtering.known_values", "mcsearch.library.tags",
        "mcsearch.ops.browsing.prompt_socket", "mcsearch.ops.finding.packed.copies", "mcsearch.search.packing.packed",
        "mcsearch.ops.finding.explaining", "PIL", "blake3", "json", "logging", "openvino", "torch",
    }  # fmt: skip
    assert [line for line in lines if line.endswith("| numpy")], "numpy is imported by a module, deep in the stack"
    assert 1 <= lines.count("garbage start") <= 10  # without what __main__ does about it, 200


@pytest.mark.parametrize("words", ["index", "status", "show {photo}", "roots", "models"])
def test_what_computes_nothing_imports_no_numpy(
    words: str, indexed_library: Path, painted: Path, tmp_path: Path
) -> None:
    library = shutil.copyfile(indexed_library, tmp_path / "library.db")
    asked = words.format(photo=min(painted.rglob("*.jpg"))).split()
    run = [sys.executable, "-X", "importtime", "-m", "mcsearch", *asked, "--library", str(library)]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "sqlite3" in done.stderr
    assert " numpy\n" not in done.stderr


def test_a_decode_worker_imports_neither_torch_nor_the_library() -> None:
    process = "mcsearch.photos.workers.process"
    code = f"import sys, {process}; print(sorted(m for m in sys.modules if m.startswith('mcsearch.')))"
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "mcsearch.photos.pixels.decode" in listed
    assert not [name for name in ("library", "models", "ops", "cli") if f"mcsearch.{name}" in listed]
