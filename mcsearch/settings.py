"""Default locations of the library, the cache and the logs, and the environment variables that change them."""

import os
from pathlib import Path

LIBRARY_VARIABLE = "MCSEARCH_LIBRARY"
CACHE_VARIABLE = "MCSEARCH_CACHE"
LOG_VARIABLE = "MCSEARCH_LOGS"


def library_path(option: Path | None) -> Path:
    """Return the path of the library: the option, else MCSEARCH_LIBRARY, else a file in the platform's data folder."""
    if option is not None:
        return option
    if named := os.environ.get(LIBRARY_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_path("mcsearch", appauthor=False)) / "library.db"


def cache_folder() -> Path:
    """Return the folder for files that can be recreated: MCSEARCH_CACHE, else the platform's cache folder.

    The folder may not exist yet.
    """
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("mcsearch", appauthor=False)


def log_folder() -> Path:
    """Return the folder for logs of errors in mcsearch itself: MCSEARCH_LOGS, else the platform's log folder.

    The folder may not exist yet.
    """
    if named := os.environ.get(LOG_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_log_path("mcsearch", appauthor=False)


def runtime_folder() -> Path:
    """Return the folder for sockets, which belongs to the user alone: below XDG_RUNTIME_DIR, else below /tmp.

    The folder may not exist yet.
    """
    if named := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(named) / "mcsearch"
    return Path(os.environ.get("TMPDIR") or "/tmp") / f"mcsearch-{os.getuid() if hasattr(os, 'getuid') else 0}"
