"""The packed copies of embeddings that a library has in the cache: making them, and ranking with them."""
