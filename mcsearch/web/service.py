"""What a server works with, passed to all routes: the library's readers, the towers, thumbnails, uploads and jobs."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Path as FromPath

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.cluster.sharded import VectorShards
from mcsearch.ops.showing.thumbnails import Thumbnails
from mcsearch.web.answers import Refusal
from mcsearch.web.files.downloads import Downloads
from mcsearch.web.files.uploads import Uploads
from mcsearch.web.jobs.jobs import Jobs
from mcsearch.web.readers import Readers
from mcsearch.web.remembered import Remembered
from mcsearch.web.towers import Towers

READERS = 4
_ID = re.compile(r"^[0-9a-f]{64}$", re.ASCII)
PhotoId = Annotated[str, FromPath(pattern=_ID.pattern, description="The BLAKE3 hash of the photo, in hexadecimal.")]


@dataclass(frozen=True)
class Service:
    """The parts of a server for one library."""

    file: Path
    cache: Path | None
    readers: Readers
    thumbnails: Thumbnails
    jobs: Jobs
    towers: Towers
    remembered: Remembered
    shards: VectorShards | None = None
    uploads: Uploads = field(default_factory=Uploads)
    downloads: Downloads = field(default_factory=Downloads)

    def close(self) -> None:
        """End all threads and worker processes."""
        self.uploads.close()
        self.thumbnails.close()
        self.readers.close()
        if self.shards is not None:
            self.shards.close()


def open_service(file: Path, cache: Path | None, shards: VectorShards | None = None) -> Service:
    """Return the parts of a server for a library; with `shards`, a cluster scans the vectors."""
    remembered = Remembered()
    jobs = Jobs(file, cache, on_change=remembered.forget)
    towers = Towers()
    readers = Readers(file, cache, READERS, towers.encode, shards=shards)
    return Service(file, cache, readers, Thumbnails(cache), jobs, towers, remembered, shards)


def content_of(library: LibraryFile, photo: str) -> int:
    """Return the content that an id stands for. Raises Refusal if the library has no photo with it."""
    content_id = library.photos.content_id(bytes.fromhex(photo)) if _ID.fullmatch(photo) else None
    if content_id is None or not library.browsing.files(content_id):
        raise Refusal("not_found", "There is no such photo in the library.")
    return content_id
