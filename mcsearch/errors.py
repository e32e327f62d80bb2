"""What can go wrong in a way the user can mend: each error is one sentence and an exit code."""


class McsearchError(Exception):
    """Something the user can mend.

    `str(error)` is the sentence to show, `hint` adds what to do at the command line, `exit_code` ends the process.
    """

    exit_code = 1

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class NothingIndexedError(McsearchError):
    """There is no library, or no photo in it, to answer from."""


class UsageError(McsearchError):
    """What was asked makes no sense as it stands: a bad value, a missing file, an empty query."""

    exit_code = 2


class LibraryError(McsearchError):
    """The library file cannot be opened, read or written."""

    exit_code = 3


class LibraryBusyError(LibraryError):
    """Another process has been writing to the library for longer than we wait; later it will work."""


class ModelError(McsearchError):
    """A model, its weights or its device is not to be had."""

    exit_code = 4


class OutputError(McsearchError):
    """What a command prints cannot be written, as on a full disk."""

    exit_code = 5

    @classmethod
    def of(cls, error: OSError) -> "OutputError":
        """The error with the system's reason."""
        return cls(f"The output cannot be written: {error.strerror or error}.")


class Interrupted(McsearchError):  # noqa: N818 (no fault, only an early end)
    """The user stopped a run; everything finished before that is kept."""

    exit_code = 130
