"""Parse +LABEL and -LABEL among the arguments of `mcsearch tag`."""

from typing import Any

from mcsearch.cli.group import LibraryCommand

GIVE = "--give-label"
TAKE = "--take-label"


class TagCommand(LibraryCommand):
    """A command that accepts +LABEL and -LABEL among options and photos, by turning them into hidden options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and return those that are left over."""
        valued = {name for option in self.params if not getattr(option, "is_flag", True) for name in option.opts}
        return super().parse_args(ctx, list(_with_labels_as_options(args, valued)))


def _with_labels_as_options(arguments: list[str], valued: set[str]) -> list[str]:
    """Return the arguments with `+dog` replaced by `--give-label=dog`, except for values of the options in `valued`."""
    found: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*found, argument, *rest]
        if argument in valued:
            found += [argument, *(value for _, value in zip(range(1), rest, strict=False))]
        elif argument.startswith("+"):
            found.append(f"{GIVE}={argument[1:]}")
        elif argument.startswith("-") and not argument.startswith("--") and argument != "-h":
            found.append(f"{TAKE}={argument[1:]}")
        else:
            found.append(argument)
    return found
