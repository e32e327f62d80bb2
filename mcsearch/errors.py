"""Errors that the user can fix: each has a sentence to show and an exit code."""


class McsearchError(Exception):
    """An error that the user can fix.

    `str(error)` is the sentence to show, `hint` says what to do at the command line, and `exit_code` is the exit
    status of the process.
    """

    exit_code = 1

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class NothingIndexedError(McsearchError):
    """The library does not exist yet, or contains no photos."""


class UsageError(McsearchError):
    """The request is not valid: a bad value, a missing file, an empty query."""

    exit_code = 2


class LibraryError(McsearchError):
    """The library file cannot be opened, read or written."""

    exit_code = 3


class LibraryBusyError(LibraryError):
    """Another process is writing to the library and did not finish in time; a later attempt can succeed."""


class LibraryDamagedError(LibraryError):
    """The library file is damaged, or is no database at all."""


class ModelError(McsearchError):
    """A model, its weights or its device is not available."""

    exit_code = 4


class OutputError(McsearchError):
    """The output of a command cannot be written, for example because the disk is full."""

    exit_code = 5

    @classmethod
    def of(cls, error: OSError) -> "OutputError":
        """Return the OutputError for a system error, with the system's reason in its sentence."""
        return cls(f"The output cannot be written: {error.strerror or error}.")


class Interrupted(McsearchError):  # noqa: N818 (not an error, only an early end)
    """The user interrupted a run; everything finished before that is kept."""

    exit_code = 130
