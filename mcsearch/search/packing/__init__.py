"""The packed copy of embeddings that is scanned: int8 rows, memory-mapped, with checksums."""
