"""The error for a picture whose decoder is not installed."""


class MissingPackageError(Exception):
    """A picture requires a package that is not installed; `str(error)` names it and the command that installs it."""
