"""Coverage-guided fuzzing of what reads files and what people type: see run.py."""
