"""Parse several photos after --yes and after --no, as the shell writes them for *.jpg."""

from collections.abc import Iterator
from typing import Any

from mcsearch.cli.group import LibraryCommand

_SEVERAL = ("--yes", "--no")


class TeachCommand(LibraryCommand):
    """A command whose options --yes and --no take every argument up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and return those that are left over."""
        return super().parse_args(ctx, list(_with_options_repeated(args)))


def _with_options_repeated(arguments: list[str]) -> Iterator[str]:
    """Yield the arguments with `--yes a b` written as `--yes=a --yes=b`."""
    option = None
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            yield from (argument, *rest)
        elif argument in _SEVERAL:
            option, first = argument, next(rest, None)
            yield argument if first is None else f"{argument}={first}"
        elif option is not None and not argument.startswith("-"):
            yield f"{option}={argument}"
        else:
            option = None
            yield argument
