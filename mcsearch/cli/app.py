"""The command line: the place where errors become a message and an exit code."""

import errno
import os
import sqlite3
import sys
from typing import NoReturn

from mcsearch.cli.commands import command_line
from mcsearch.errors import Interrupted, McsearchError, OutputError, UsageError
from mcsearch.output.streams.printable_stream import printable_stderr
from mcsearch.output.streams.steady import steady_streams
from mcsearch.paths import shown
from mcsearch.printable import brief, sentences

EXIT_CODE_OF_ERRORS_IN_MCSEARCH = 70  # EX_SOFTWARE of sysexits.h


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
        command_line(sys.argv[1] if len(sys.argv) > 1 else None)()
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
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return UsageError(f"{brief(shown(os.fsdecode(error.filename or '')))} is longer than a path may be.")
    if isinstance(error, UnicodeEncodeError):  # paths may contain any bytes, but other arguments must be text
        for argument in sys.argv[1:]:
            if error.object[error.start : error.end] in argument:
                return UsageError(f"{shown(argument)} is not valid UTF-8 text.")
    return None
