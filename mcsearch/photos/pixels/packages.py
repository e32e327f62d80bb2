"""What is raised where a picture needs a package that is not there."""


class MissingPackageError(Exception):
    """The picture needs a package that is not installed. `str(error)` says what it is and what to do."""
