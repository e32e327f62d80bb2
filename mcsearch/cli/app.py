"""The command line: its commands, and the place where errors become a message and an exit code."""

import errno
import os
import sqlite3
import sys
from typing import Annotated, NoReturn

import typer

from mcsearch import __version__
from mcsearch.cli.albums import album, albums
from mcsearch.cli.describing.caption import caption
from mcsearch.cli.describing.places import places
from mcsearch.cli.finding.dupes import DupesCommand, dupes
from mcsearch.cli.finding.embed import embed
from mcsearch.cli.finding.export import export
from mcsearch.cli.finding.find import find
from mcsearch.cli.finding.importing import import_folder
from mcsearch.cli.finding.score import score
from mcsearch.cli.finding.show import show
from mcsearch.cli.finding.similar import similar
from mcsearch.cli.finding.tag import tag
from mcsearch.cli.finding.tag_arguments import TagCommand
from mcsearch.cli.finding.tags import tags
from mcsearch.cli.group import Command, MainGroup
from mcsearch.cli.ray_option import RayCommand
from mcsearch.cli.teaching.arguments import TeachCommand
from mcsearch.cli.teaching.suggest import suggest
from mcsearch.cli.teaching.teach import teach, unteach
from mcsearch.cli.upkeep import models
from mcsearch.cli.upkeep.backup import backup
from mcsearch.cli.upkeep.compact import compact
from mcsearch.cli.upkeep.doctor import doctor
from mcsearch.cli.upkeep.failures import failures
from mcsearch.cli.upkeep.forget import forget
from mcsearch.cli.upkeep.formats import formats
from mcsearch.cli.upkeep.index import index
from mcsearch.cli.upkeep.read import read
from mcsearch.cli.upkeep.roots import roots
from mcsearch.cli.upkeep.serve import serve
from mcsearch.cli.upkeep.stats import stats
from mcsearch.cli.upkeep.status import status
from mcsearch.cli.upkeep.watch import watch
from mcsearch.errors import Interrupted, McsearchError, OutputError, UsageError
from mcsearch.likeness import did_you_mean
from mcsearch.output.streams.printable_stream import printable_stderr
from mcsearch.output.streams.steady import steady_streams
from mcsearch.paths import shown
from mcsearch.printable import sentences

EXIT_CODE_OF_ERRORS_IN_MCSEARCH = 70  # EX_SOFTWARE of sysexits.h

app = typer.Typer(
    name="mcsearch",
    help="Search and tag your own photos in words, on your own machine.",
    epilog="Exit codes: 0 done, 1 nothing indexed, nothing relevant found, or something to mend, 2 wrong usage, "
    "3 library unusable, 4 no model, 5 output not written, 70 error in mcsearch itself, 130 stopped.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 1000},  # the terminal's
    cls=MainGroup,
)
_CLASSES = {
    "dupes": DupesCommand, "index": RayCommand, "serve": RayCommand, "tag": TagCommand, "teach": TeachCommand,
}  # fmt: skip
for command in (
    index, watch, read, caption, find, similar, album, albums, dupes, show, tag, tags, teach, suggest, unteach, places,
    failures, formats, roots, forget, compact, status, doctor, backup, stats, embed, score, export, serve,
):  # fmt: skip
    app.command(cls=_CLASSES.get(command.__name__, Command))(command)
app.command("import", cls=Command)(import_folder)
app.command("search", cls=Command, hidden=True)(find)
app.add_typer(models.app, name="models")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mcsearch {__version__}")
        raise typer.Exit


@app.command("help", cls=Command, hidden=True)
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


@app.callback()
def _mcsearch(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and end the process."""
    # Not sys.exit: shutting down torch takes a second, and waiting for a tower takes until its batch ends.
    os._exit(complete())


def complete() -> int:
    """Run the command in sys.argv and print its last sentence; return the exit code."""
    output = steady_streams()
    sentence, exit_code = run()
    sys.stdout.flush()
    if output.lost is not None and not exit_code:
        sentence, exit_code = str(OutputError.of(output.lost)), OutputError.exit_code
    if sentence:
        print(f"mcsearch: {sentence}", file=sys.stderr)
    sys.stderr.flush()
    return exit_code


def run() -> tuple[str, int]:
    """Run the command in sys.argv; return its last sentence, which names an error, and the exit code."""
    with printable_stderr():
        sentence, exit_code = _run()
    return sentences(sentence), exit_code


def _run() -> tuple[str, int]:
    try:
        app()
    except SystemExit as ended:  # typer ends like this, after success or after printing a usage error
        if ended.code == Interrupted.exit_code:  # typer's answer to Ctrl-C
            return "Stopped.", Interrupted.exit_code
        if isinstance(ended.__context__, BrokenPipeError):  # typer takes any for a closed standard output
            return _unexpected(ended.__context__)
        return "", ended.code if isinstance(ended.code, int) else 0
    except McsearchError as error:
        return f"{error} {error.hint}".rstrip(), error.exit_code
    except sqlite3.Error as error:
        from mcsearch.library.connection import as_library_error

        unusable = as_library_error(error)
        return f"{unusable} {unusable.hint}".rstrip(), unusable.exit_code
    except KeyboardInterrupt:
        return "Stopped.", Interrupted.exit_code
    except Exception as error:  # noqa: BLE001 (one sentence instead of a traceback, which goes into a log)
        if (expected := _as_expected(error)) is not None:
            return str(expected), expected.exit_code
        return _unexpected(error)
    raise AssertionError("typer always ends with SystemExit")


def _unexpected(error: Exception) -> tuple[str, int]:
    from mcsearch.error_log import sentence_about

    return sentence_about(error), EXIT_CODE_OF_ERRORS_IN_MCSEARCH


def _as_expected(error: Exception) -> McsearchError | None:
    """Return the error that the user can fix behind a Python exception, or None if there is none."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        return OutputError.of(error)  # a temporary file on a full disk
    if isinstance(error, UnicodeEncodeError):  # paths may contain any bytes, but other arguments must be text
        for argument in sys.argv[1:]:
            if error.object[error.start : error.end] in argument:
                return UsageError(f"{shown(argument)} is not valid UTF-8 text.")
    return None
