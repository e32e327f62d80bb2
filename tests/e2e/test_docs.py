"""What the documentation shows works as shown.

In each page, the lines of `sh` blocks that start with `mcsearch` are run in order on a library of painted photos, up to
a pipe or a redirection. A block is left out only if its fence gives the reason: ```sh not run: needs a network
"""

import itertools
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from mcsearch import Library, settings
from mcsearch.cli.app import EXIT_CODE_OF_ERRORS_IN_MCSEARCH
from mcsearch.cli.commands import command_line
from mcsearch.errors import McsearchError
from tests.conftest import REPOSITORY, command
from tests.support.served import serving

PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (REPOSITORY / "docs").glob("*.md")))
NAMED_PHOTOS = ("photo.jpg", "beach.jpg", "crowd.jpg", "a.jpg", "b.jpg")
OPTIONS_OF_OTHER_PROGRAMS = {
    "--head",
    "--disable-usage-stats",
    "--torch-backend",
    "--times",
    "--huge",
    "--work",
    "--write-docs",
    "--list",
}
# First words of examples that are no command, or not one in the list of commands.
# The tests of these run them: they serve, need the weights of a model, or load a reader of text.
NOT_RUN = {"serve", "caption", "read"}
NOT_LISTED = {"dog", "idnex", "search", "help"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what the fence says after it, and its lines."""

    language: str
    remark: str
    text: str


def text_of(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[Block]:
    found = re.findall(r"^```(\w*) ?(.*)\n((?:.*\n)*?)```$", text_of(page), re.MULTILINE)
    return [Block(*parts) for parts in found if parts[0] == language]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, painted: Path) -> Path:
    """A home folder with pictures, and a library of them in the demo model: photos.db. Tests work on copies of it."""
    home = tmp_path_factory.mktemp("documented")
    pictures = Path(shutil.copytree(painted, home / "Pictures"))
    (pictures / "city").rename(pictures / "2023")
    (pictures / "snow").rename(pictures / "scans")
    for name, photo in zip(NAMED_PHOTOS, sorted((pictures / "beach").glob("*.jpg")), strict=False):
        photo.rename(pictures / name)
    shutil.copy(pictures / "photo.jpg", pictures / "2023" / "copy of photo.jpg")
    [labels] = [block.text for block in blocks("docs/tags.md", "text")]
    (pictures / "labels.txt").write_text(labels, encoding="utf-8")
    library = {**os.environ, "MCSEARCH_LIBRARY": str(home / "photos.db")}
    subprocess.run([command(), "index", pictures, "--model", "demo", "--quiet"], env=library, check=True)
    return home


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Path:
    """A copy of the library that the test may change."""
    return Path(shutil.copy(home / "photos.db", tmp_path / "library.db"))


@pytest.fixture
def at_home(home: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder whose pictures are the working folder, with a library of the test's own."""
    monkeypatch.setenv("MCSEARCH_CACHE", str(settings.cache_folder()))  # converted towers, of the first home folder
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("MCSEARCH_LIBRARY", str(library))
    monkeypatch.chdir(home / "Pictures")
    return home


def shown_commands(page: str) -> Iterator[list[str]]:
    """The arguments of each `mcsearch` line in the sh blocks that are to be run."""
    for block in blocks(page, "sh"):
        assert not block.remark or block.remark.startswith("not run: "), block.remark
        for line in block.text.splitlines() if not block.remark else ():
            if line.startswith("mcsearch "):
                yield arguments_of(line)


def arguments_of(line: str) -> list[str]:
    """The words of a command line after `mcsearch`, as a shell would pass them, up to a pipe or a redirection."""
    words = shlex.shlex(line, posix=True, punctuation_chars="|<>")
    words.whitespace_split = True
    before_pipe = itertools.takewhile(lambda word: word not in ("|", "<", ">", ">>"), words)
    return [os.path.expanduser(word) for word in before_pipe][1:]


@pytest.mark.parametrize("page", [page for page in PAGES if any(shown_commands(page))])
@pytest.mark.usefixtures("at_home")
def test_the_shell_examples_run(page: str) -> None:
    for arguments in shown_commands(page):
        done = CliRunner().invoke(command_line(), arguments)
        assert done.exit_code == 0, f"mcsearch {shlex.join(arguments)}\n{done.output}\n{done.exception!r}"


def test_every_command_is_run_and_few_examples_are_not() -> None:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.text.splitlines()]
    ran = [arguments for page in PAGES for arguments in shown_commands(page)]
    assert {arguments[0] for arguments in ran} - NOT_LISTED == set(commands()) - NOT_RUN
    assert len(ran) > 0.75 * sum(line.startswith("mcsearch ") for line in lines)
    for page in PAGES:
        assert not re.search(r"^(    |\t).*mcsearch [a-z]+ ", text_of(page), re.MULTILINE), f"{page}: fence it as sh"


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_command_and_option_shown_is_there(page: str) -> None:
    options = commands()
    code = re.findall(r"`([^`\n]+)`", text_of(page))
    code += [line for block in blocks(page, "sh") for line in block.text.splitlines()]
    for line in code:
        for name, rest in re.findall(r"(?:^|\| )mcsearch ([a-z]+)([^|]*)", line):
            if name in NOT_LISTED:
                continue
            assert name in options, line
            for option in re.findall(r"--[a-z][a-z0-9-]+", rest.split(" #")[0]):
                assert option in options[name], line
    every = set().union(*options.values(), OPTIONS_OF_OTHER_PROGRAMS)
    for option in re.findall(r"`(--[a-z][a-z0-9-]+)", text_of(page)):
        assert option in every, option


def test_every_make_target_shown_is_there() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"^make (\w+)", text_of(page), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_command_is_listed() -> None:
    listed = re.findall(r"^\| `mcsearch ([a-z]+)", text_of("docs/commands.md"), re.MULTILINE)
    assert listed == list(commands())


def test_every_exit_code_is_listed() -> None:
    listed = re.findall(r"^\| (\d+) \|", text_of("docs/commands.md"), re.MULTILINE)
    kinds = [McsearchError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {int(code) for code in listed} == {0, EXIT_CODE_OF_ERRORS_IN_MCSEARCH, *(kind.exit_code for kind in kinds)}


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if "://" in target:
            continue
        name, _, section = target.partition("#")
        file = (REPOSITORY / page).parent / name if name else REPOSITORY / page
        assert file.exists(), target
        if section:
            headings = re.findall(r"^#+ (.*)", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert section in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


def test_the_readme_links_every_page() -> None:
    for page in PAGES[1:]:
        assert f"]({page})" in text_of("README.md"), page


def test_the_python_examples_run(at_home: Path, library: Path) -> None:
    find, progress, embed = (block.text for block in blocks("docs/python.md", "python"))
    library.rename(library.with_name("photos.db"))
    done = run_python(find, library.parent)
    assert len(done.splitlines()) == 10
    assert re.match(r"0\.\d{3} .*\.jpg$", done.splitlines()[0])
    assert run_python(progress, library.parent) == "loading demo: 0 of 1\nloading demo: 1 of 1\n"
    assert run_python(embed, at_home / "Pictures").startswith("[[")


def test_every_method_of_a_library_is_listed() -> None:
    listed = re.findall(r"^\| (`.*?`) \|", text_of("docs/python.md"), re.MULTILINE)
    methods = {name for name in dir(Library) if callable(getattr(Library, name)) and not name.startswith("_")}
    assert set(re.findall(r"`(\w+)\(", " ".join(listed))) == methods


def test_no_other_page_has_python_that_is_not_run() -> None:
    having = {page for page in PAGES if blocks(page, "python")}
    assert having == {"docs/python.md", "docs/library-format.md", "docs/for-apps.md"}


def test_the_ways_in_for_apps_find_the_same(at_home: Path, library: Path) -> None:
    through_python, over_http, with_sqlite = (block.text for block in blocks("docs/for-apps.md", "python"))
    assert "mcsearch" not in with_sqlite
    with serving(library, settings.cache_folder()) as served:
        by_http = run_python(over_http.replace("127.0.0.1:7878", served.host), at_home)
    by_python = run_python(through_python, at_home)
    assert [line.split()[0] for line in by_http.splitlines()] == [line.split()[0] for line in by_python.splitlines()]
    assert len(by_python.splitlines()) == 3
    assert run_python(with_sqlite, library.parent).startswith("1.000 ")


def test_the_example_of_the_library_format_reads_every_vector_without_mcsearch(library: Path) -> None:
    [code] = (block.text for block in blocks("docs/library-format.md", "python"))
    assert "mcsearch" not in code
    assert run_python(code, library.parent).startswith("(37, 64)\n")


def run_python(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_every_table_and_column_is_documented(library: Path) -> None:
    text = text_of("docs/library-format.md")
    connection = sqlite3.connect(library)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert f"it is {version} here" in text
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        if table.startswith(("sqlite_", "texts_")):  # SQLite's own
            continue
        assert table in text
        if not table.startswith("_"):
            for column in connection.execute(f"SELECT name FROM pragma_table_info('{table}')"):
                assert f"`{column[0]}`" in text, f"{table}.{column[0]}"
    connection.close()


@pytest.mark.usefixtures("at_home")
def test_the_json_fields_are_documented() -> None:
    text = text_of("docs/json.md")
    asked = (
        ("index",), ("find", "a dog"), ("failures",), ("formats",), ("status",), ("roots",), ("tags",),
        ("show", "photo.jpg"), ("similar", "photo.jpg"), ("dupes", "--similar", "0.5"), ("models",),
        ("tag", "--labels", "labels.txt"), ("score", "photo.jpg", "a dog"),
    )  # fmt: skip
    for arguments in asked:
        for line in CliRunner().invoke(command_line(), [*arguments, "--json"]).stdout.splitlines():
            row = next(row for row in text.splitlines() if row.startswith(f"| `{arguments[0]} --json`"))
            row = next(row for row in text.splitlines() if row.startswith("| `find")) if "the same as" in row else row
            for field in json.loads(line):
                assert f"`{field}`" in row


def commands() -> dict[str, set[str]]:
    """The commands in the order of --help, each with its options and those of its subcommands."""
    listed = typer.main.get_command(command_line()).commands.items()
    return {name: set(options_of(each)) for name, each in listed if not each.hidden}


def options_of(each: Any) -> Iterator[str]:
    yield "--help"
    for parameter in each.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    for inner in getattr(each, "commands", {}).values():
        yield from options_of(inner)
