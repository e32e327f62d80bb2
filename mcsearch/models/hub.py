"""The Hugging Face hub: files already on this disk, downloads, and a sentence for each way a download fails."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from mcsearch.errors import ModelError

# For commands that any model serves.
OR_BUILT_IN = ", or try the small built-in model with --model demo"
_WAYS_ON = f"Or download the file elsewhere and name it with --weights FILE{OR_BUILT_IN}."

# Called with the number of bytes that have arrived and the size of the file, first with 0 and last with the size.
OnBytes = Callable[[int, int], None]


class NotOnHubError(ModelError):
    """The hub was reached but has no such file or repository."""


def on_disk(repository: str, file: str) -> Path | None:
    """Find a file of a repository on this disk, without using the network; None if it is not there."""
    found = _hub().try_to_load_from_cache(repository, file)
    return Path(found) if isinstance(found, str) else None


def fetch(repository: str, file: str, what: str, on_bytes: OnBytes | None = None) -> Path:
    """Find a file of a repository on this disk, else download and check it. `what` names it in error messages.

    `on_bytes` is called before, during and after a download. Uses huggingface_hub with its cache and environment
    variables (HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN); an interrupted download is resumed. Raises ModelError.
    """
    if (found := on_disk(repository, file)) is not None:
        return found
    hub = _hub()
    place = f"{file} of {repository}"
    try:
        facts = hub.get_hf_file_metadata(hub.hf_hub_url(repository, file))
        if on_bytes is not None:
            on_bytes(0, facts.size or 0)
        arrived = Path(hub.hf_hub_download(repository, file, tqdm_class=_bars(on_bytes, facts.size or 0)))
    except hub.errors.GatedRepoError as error:
        raise ModelError(
            f"{repository} requires you to accept its terms. Accept them on its page, and put your access token into "
            "HF_TOKEN."
        ) from error
    except hub.errors.HfHubHTTPError as error:
        code = error.response.status_code
        kind = NotOnHubError if code == 404 else ModelError
        raise kind(f"The hub answered {code} for {place}. Try again later.", hint=_WAYS_ON) from error
    except (
        OSError,
        hub.errors.HfHubHTTPError.__mro__[1],
    ) as error:  # the latter is that of its HTTP library, which varies
        raise ModelError(
            f"{what} are not on this disk, and the hub cannot be reached. Connect to the network and try again.",
            hint=_WAYS_ON,
        ) from error
    _check(arrived, facts.etag, place)
    if on_bytes is not None:
        on_bytes(facts.size or 0, facts.size or 0)
    return arrived


def _bars(on_bytes: OnBytes | None, size_bytes: int) -> Any:
    """Return a class of progress bars for huggingface_hub, which show nothing and call `on_bytes`."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        furthest = 0  # of all bars of a download, since some transfers have two

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "file": io.StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            if on_bytes is not None and Bar.furthest < self.n < size_bytes:
                Bar.furthest = int(self.n)
                on_bytes(Bar.furthest, size_bytes)
            return shown

    return Bar


def remove(repository: str) -> int:
    """Remove the downloaded files of a repository, and return the number of bytes freed."""
    cache = _hub().scan_cache_dir()
    commits = [
        revision.commit_hash for repo in cache.repos if repo.repo_id == repository for revision in repo.revisions
    ]
    strategy = cache.delete_revisions(*commits)
    strategy.execute()
    return int(strategy.expected_freed_size)


def _hub() -> ModuleType:
    """Import huggingface_hub, with its telemetry off unless the user has set it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    import huggingface_hub.errors

    return huggingface_hub


def _check(file: Path, etag: str | None, place: str) -> None:
    """Compare a download with the SHA-256 that the hub sends as the ETag of a large file."""
    if etag is None or len(etag) != 64:
        return
    import hashlib

    with file.open("rb") as content:
        arrived = hashlib.file_digest(content, "sha256").hexdigest()
    if arrived != etag:
        for copy in {file, file.resolve()}:
            copy.unlink(missing_ok=True)
        raise ModelError(f"{place} arrived damaged and was removed. Try again.")
