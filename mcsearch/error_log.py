"""Files about errors in mcsearch itself, each with the traceback of one."""

import contextlib
import datetime
import os
import platform
import shlex
import sys
import traceback
from pathlib import Path

from mcsearch import __version__, settings
from mcsearch.paths import shown
from mcsearch.private import create_private_file, make_private

FILES_AT_MOST = 20


def sentence_about(error: Exception) -> str:
    """Return what to tell the user about an error in mcsearch, after writing its traceback to a log file."""
    said = f"Error in mcsearch itself: {type(error).__name__}"
    reason = shown(str(error).partition("\n")[0].rstrip(".")[:300])
    said += f": {reason}. " if reason else ". "
    try:
        file = _write(error)
    except OSError as failure:
        return said + f"Please report it. Its log cannot be written: {failure.strerror or failure}."
    return said + f"Please report it in the project's issue tracker with this file: {shown(str(file))}"


def _write(error: Exception) -> Path:
    """Write a log file that only the user can read, and remove the oldest if there are many. Raises OSError."""
    folder = settings.log_folder()
    make_private(folder)
    now = datetime.datetime.now()
    file = folder / f"error-{now:%Y%m%d-%H%M%S-%f}-{os.getpid()}.log"
    facts = (
        f"mcsearch {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{now.astimezone().isoformat(timespec='seconds')}\n"
        f"{shlex.join(sys.argv)}\n\n"
    )
    create_private_file(file)
    file.write_text(facts + "".join(traceback.format_exception(error)), encoding="utf-8", errors="backslashreplace")
    for oldest in sorted(folder.glob("error-*.log"))[:-FILES_AT_MOST]:
        with contextlib.suppress(OSError):
            oldest.unlink()
    return file
