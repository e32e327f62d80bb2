"""The Hugging Face hub: what of it is on this disk, downloads, and why one failed in one sentence."""

import os
from pathlib import Path
from types import ModuleType

from mcsearch.errors import ModelError

_WAYS_ON = (
    "Or download the file elsewhere and name it with --weights FILE, or try the small built-in model with --model demo."
)


class NotOnHubError(ModelError):
    """The hub is there, but has no such file or repository."""


def on_disk(repository: str, file: str) -> Path | None:
    """A file of a repository if it is on this disk; never asks the network."""
    found = _hub().try_to_load_from_cache(repository, file)
    return Path(found) if isinstance(found, str) else None


def fetch(repository: str, file: str, what: str) -> Path:
    """A file of a repository, from this disk, else downloaded now and checked. `what` names it in sentences.

    Goes through huggingface_hub, its cache and its environment variables (HF_HOME, HF_ENDPOINT,
    HF_HUB_OFFLINE, HF_TOKEN); a download that broke off is resumed. Raises ModelError.
    """
    if (found := on_disk(repository, file)) is not None:
        return found
    hub = _hub()
    place = f"{file} of {repository}"
    try:
        facts = hub.get_hf_file_metadata(hub.hf_hub_url(repository, file))
        arrived = Path(hub.hf_hub_download(repository, file))
    except hub.errors.GatedRepoError as error:
        raise ModelError(
            f"{repository} gives its files only to those who accepted its terms. Accept them on its page and "
            "name your access token in HF_TOKEN."
        ) from error
    except hub.errors.HfHubHTTPError as error:
        code = error.response.status_code
        kind = NotOnHubError if code == 404 else ModelError
        raise kind(f"The hub answered {code} for {place}. Try again later. {_WAYS_ON}") from error
    except (OSError, hub.errors.HfHubHTTPError.__mro__[1]) as error:  # the latter: its HTTP library's, which varies
        raise ModelError(
            f"{what} are not on this disk, and the hub cannot be reached. Connect to the network and try again. "
            f"{_WAYS_ON}"
        ) from error
    _check(arrived, facts.etag, place)
    return arrived


def remove(repository: str) -> int:
    """Remove what was downloaded of a repository; how many bytes that freed."""
    cache = _hub().scan_cache_dir()
    commits = [
        revision.commit_hash for repo in cache.repos if repo.repo_id == repository for revision in repo.revisions
    ]
    strategy = cache.delete_revisions(*commits)
    strategy.execute()
    return int(strategy.expected_freed_size)


def _hub() -> ModuleType:
    """huggingface_hub, kept from telling the hub about this machine unless the user wants that."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    import huggingface_hub.errors

    return huggingface_hub


def _check(file: Path, etag: str | None, place: str) -> None:
    """Compare a download with the SHA-256 that the hub gives as the tag of a large file."""
    if etag is None or len(etag) != 64:
        return
    import hashlib

    with file.open("rb") as content:
        arrived = hashlib.file_digest(content, "sha256").hexdigest()
    if arrived != etag:
        for copy in {file, file.resolve()}:
            copy.unlink(missing_ok=True)
        raise ModelError(f"{place} was damaged on its way here, and has been removed. Try again.")
