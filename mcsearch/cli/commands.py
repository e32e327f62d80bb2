"""The commands, each in its file. Only the one that is asked for is imported: all of them take as long as a query."""

from importlib import import_module
from typing import Annotated, Any

import typer

from mcsearch import __version__
from mcsearch.cli.group import Command, LibraryCommand, MainGroup
from mcsearch.errors import UsageError
from mcsearch.likeness import did_you_mean
from mcsearch.paths import shown

# Where each command is, a function of its name, in the order of the help.
_PLACES = {
    "index": "upkeep.index", "watch": "upkeep.watch", "read": "upkeep.read", "caption": "describing.caption",
    "find": "finding.find", "similar": "finding.similar", "album": "albums", "albums": "albums",
    "dupes": "finding.dupes", "show": "finding.show", "tag": "finding.tag", "tags": "finding.tags",
    "places": "describing.places", "teach": "teaching.teach", "suggest": "teaching.suggest",
    "unteach": "teaching.teach", "failures": "upkeep.failures", "formats": "upkeep.formats",
    "roots": "upkeep.roots", "forget": "upkeep.forget", "compact": "upkeep.compact", "status": "upkeep.status",
    "doctor": "upkeep.doctor", "backup": "upkeep.backup", "stats": "upkeep.stats", "embed": "finding.embed",
    "score": "finding.score", "export": "finding.export", "import": "finding.importing", "serve": "upkeep.serve",
}  # fmt: skip
_FUNCTIONS = {"import": "import_folder"}  # where the name of a command is a word of Python
# The commands that parse their arguments in a way of their own, and those that need no library.
_CLASSES = {
    "dupes": ("finding.dupes", "DupesCommand"),
    "formats": ("group", "Command"),
    "index": ("ray_option", "RayCommand"),
    "serve": ("ray_option", "RayCommand"),
    "tag": ("finding.tag_arguments", "TagCommand"),
    "teach": ("teaching.arguments", "TeachCommand"),
}


def command_line(first: str | None = None) -> typer.Typer:
    """Return the command line; if `first`, the first argument, names a command, with that one alone."""
    app = typer.Typer(
        name="mcsearch",
        help="Search and tag your own photos in words, on your own machine.",
        epilog="Exit codes: 0 done, 1 nothing indexed, nothing relevant found, or something to mend, 2 wrong usage, "
        "3 library unusable, 4 no model, 5 output not written, 70 error in mcsearch itself, 130 stopped.",
        no_args_is_help=True,
        add_completion=first not in _PLACES,  # its options come before any command
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 1000},  # the terminal's
        cls=MainGroup,
    )
    app.callback()(_mcsearch)
    for name in [first] if first in _PLACES else _PLACES:
        class_ = _from(*_CLASSES[name]) if name in _CLASSES else LibraryCommand
        app.command(name, cls=class_)(_from(_PLACES[name], _FUNCTIONS.get(name, name)))
    if first not in _PLACES:
        app.command("search", cls=LibraryCommand, hidden=True)(_from(_PLACES["find"], "find"))
        app.command("help", cls=Command, hidden=True)(_help)
        app.add_typer(_from("upkeep.models", "app"), name="models")
    return app


def _from(module: str, name: str) -> Any:
    return getattr(import_module(f"mcsearch.cli.{module}"), name)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mcsearch {__version__}")
        raise typer.Exit


def _help(
    context: typer.Context, command: Annotated[list[str] | None, typer.Argument(metavar="COMMAND...")] = None
) -> None:
    """Show the help of a command, or of all."""
    assert context.parent is not None
    shown_of = context.parent
    for name in command or ():
        commands = getattr(shown_of.command, "commands", {})
        if name not in commands:
            raise UsageError(f"There is no command {shown(name)!r}.{did_you_mean(name, commands)}")
        shown_of = type(context)(commands[name], info_name=name, parent=shown_of)
    print(shown_of.get_help())


def _mcsearch(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
