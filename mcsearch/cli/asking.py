"""Ask before a command drops much."""

import sys
from typing import Annotated

import typer

from mcsearch.errors import Interrupted, UsageError

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


def make_sure(loss: str, yes: bool) -> None:
    """Return if the user accepts the loss, a sentence: by `--yes`, or by answering "y" on the terminal.

    Raises Interrupted after any other answer, and UsageError if there is no terminal to ask on.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{loss} There is no terminal to ask on.", hint="If you want it, add --yes.")
    # Not typer.confirm, which writes to stdout if that is a file.
    print(f"mcsearch: {loss} Continue? [y/N]: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # Ctrl-D
        print(file=sys.stderr)
    if answer.strip().casefold() not in ("y", "yes"):
        raise Interrupted("Nothing was dropped.")
