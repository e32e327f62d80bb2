"""Where things are kept when the user does not say: directories and environment."""

import os
from pathlib import Path

LIBRARY_VARIABLE = "MCSEARCH_LIBRARY"
CACHE_VARIABLE = "MCSEARCH_CACHE"


def library_path(option: Path | None) -> Path:
    """The library file: the option, else MCSEARCH_LIBRARY, else the platform's data folder."""
    if option is not None:
        return option
    if named := os.environ.get(LIBRARY_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_path("mcsearch", appauthor=False)) / "library.db"


def cache_folder() -> Path:
    """Where what can be made again is kept: MCSEARCH_CACHE, else the platform's cache folder. It need not exist."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("mcsearch", appauthor=False)
