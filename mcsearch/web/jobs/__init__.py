"""Long work that a server starts: a job runs in a process of its own, which opens the library itself."""
