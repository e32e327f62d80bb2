"""The report about an index run: apart from the others, because most runs need no other."""

from mcsearch.record import Record


class Profile(Record):
    """The time that each stage of an index run took, in seconds, and the engine and settings it ran with.

    `read_s` (with hashing) and `decode_s` are sums over all `workers`. `engine_s` is the time the image tower computed,
    `engine_wait_s` the time it waited for photos. These stages overlap.
    """

    scan_s: float
    load_s: float
    read_s: float
    decode_s: float
    engine_wait_s: float
    engine_s: float
    store_s: float
    engine: str
    device: str
    precision: str
    streams: int
    batch_size: int
    workers: int


class IndexReport(Record):
    """The result of an index run, counted in files; `embedded` counts the pictures that the image tower encoded.

    `damaged` of these showed only a part, but enough to be indexed. `texts_read` counts those whose text was read, in
    folders where `index --read` was asked for. `facts_read` counts unchanged photos whose facts were read again, since
    a sidecar has changed, or older readers had read them. `embedding_s` is the part of the `seconds` after the tower
    was loaded; it and `profile` are 0 and None if no photo had to be embedded.
    """

    new: int
    changed: int
    moved: int
    unchanged: int
    removed: int
    failed: int
    damaged: int
    embedded: int
    seconds: float
    embedding_s: float
    model: str
    texts_read: int = 0
    facts_read: int = 0
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    profile: Profile | None = None

    @property
    def photos_per_second(self) -> float:
        """The number of photos embedded per second, once the model was loaded; 0 if there was nothing to embed."""
        return self.embedded / self.embedding_s if self.embedding_s else 0.0
