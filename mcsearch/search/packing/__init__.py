"""The packed copy of embeddings that is scanned: int8 rows, memory-mapped, with checksums."""

# With fewer embeddings, reading them all from SQLite is as fast as mapping a packed copy.
PACKED_FROM = 4096
