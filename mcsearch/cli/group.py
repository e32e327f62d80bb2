"""How commands are found from what is typed, and how their help looks."""

import os
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

from mcsearch.errors import UsageError
from mcsearch.likeness import nearest
from mcsearch.paths import shown

# What a first word must share with the name of a command, of 1, to be taken for a typing error rather than a query.
# "idnex" has 0.8 of "index", "fnid" 0.75 of "find"; of the words that people search for, few have as much.
_A_TYPING_ERROR = 0.75
_FIND = "find"
# A word that begins like this is a path, and not part of a query.
_BEGINS_A_PATH = tuple(start + os.sep for start in (".", "..", "~", ""))


class Command(TyperCommand):
    """A command whose summary is never cut off, and whose help marks the options that may be repeated."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for parameter in self.params:
            if isinstance(parameter, TyperOption) and parameter.multiple:
                parameter.help = f"{parameter.help}  [repeatable]"

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, whatever its length: the list of commands wraps it."""
        return super().get_short_help_str(max(limit, len(self.help or "")))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line, with required arguments as PATH instead of {PATH}."""
        return [piece.removeprefix("{").removesuffix("}") for piece in super().collect_usage_pieces(ctx)]


class LibraryCommand(Command):
    """A command that works on a library."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        # Here, although only deeper parts need it: CPython keeps frames in chunks of 16 KiB, and where a loop of numpy
        # crosses the end of one, each call allocates and frees memory. That took a twentieth of a query.
        import numpy  # noqa: F401

        return super().invoke(ctx)


class Group(TyperGroup):
    """A group of commands whose summaries are never cut off."""

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, whatever its length: the list of commands wraps it."""
        return super().get_short_help_str(max(limit, len(self.help or "")))


class MainGroup(Group):
    """All commands; a first word that is none, and is like none, begins a query for `find`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name of the command, the command, and its arguments. Raises UsageError for a typing error."""
        word = args[0]
        if word in self.commands or word.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        import shlex  # not before a command's name is missing

        asked = shown(shlex.join(args))
        if " " not in word and (meant := nearest(word, self.commands, _A_TYPING_ERROR)) is not None:
            raise UsageError(
                f"There is no command {shown(word)!r}. Did you mean {meant!r}?",
                hint=f"To search for these words: mcsearch {_FIND} {asked}",
            )
        path = os.path.expanduser(word)
        if os.path.isdir(path) and (os.sep in word or word.startswith(".")):
            raise UsageError(f"{shown(word)} is a folder, not a command.", hint=f"To index it: mcsearch index {asked}")
        if os.path.isfile(path):
            raise UsageError(
                f"{shown(word)} is a file, not a command.", hint=f"To find photos like it: mcsearch similar {asked}"
            )
        if word.startswith(_BEGINS_A_PATH) and not os.path.lexists(path):
            raise UsageError(f"There is no file or folder {shown(word)}.")
        return _FIND, self.commands[_FIND], args
