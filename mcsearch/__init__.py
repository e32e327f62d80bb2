"""mcsearch: search and tag your own photos in words, on your own machine.

from mcsearch import Library

with Library("photos.db") as library:
    library.index(["~/Pictures"])
    for hit in library.find("a dog on a beach"):
        print(f"{hit.score:.3f} {hit.path}")
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; importing typing would cost more than all else here
if TYPE_CHECKING:
    from typing import Any

    from mcsearch.api import Library as Library
    from mcsearch.api import load_model as load_model

__all__ = ["Library", "__version__", "load_model"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # The worker processes and the shell completion import this package too, and need no library.
    if name in ("Library", "load_model"):
        from mcsearch import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
