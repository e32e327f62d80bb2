"""--ray [ADDRESS], an option whose value may be left out."""

from typing import Any

from mcsearch.cli.group import LibraryCommand

OPTION = "--ray"


class RayCommand(LibraryCommand):
    """A command that takes `--ray` without an address for `--ray auto`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and return those that are left over."""
        return super().parse_args(ctx, with_address(args))


def with_address(arguments: list[str]) -> list[str]:
    """Return the arguments with `--ray` completed to `--ray=auto` where no address follows."""
    if OPTION not in arguments:
        return arguments
    from mcsearch.ops.cluster.connection import is_address

    found: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            return [*found, argument, *rest]
        if argument == OPTION:
            argument = f"{OPTION}={rest.pop(0) if rest and is_address(rest[0]) else 'auto'}"
        found.append(argument)
    return found
