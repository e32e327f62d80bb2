"""How `mcsearch tag` reads +LABEL and -LABEL among its arguments."""

from typing import Any

from typer.core import TyperCommand

GIVE = "--give-label"
TAKE = "--take-label"


class TagCommand(TyperCommand):
    """Takes +LABEL and -LABEL beside options and photos, by making hidden options of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments that are left."""
        valued = {name for option in self.params if not getattr(option, "is_flag", True) for name in option.opts}
        return super().parse_args(ctx, list(_with_labels_as_options(args, valued)))


def _with_labels_as_options(arguments: list[str], valued: set[str]) -> list[str]:
    """The arguments with `--give-label=dog` in place of `+dog`; what follows an option of `valued` is its value."""
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
