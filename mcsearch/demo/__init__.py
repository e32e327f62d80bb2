"""A tiny model and a painter of small synthetic photos, for the demo and for tests."""

from pathlib import Path

# The demo model in open_clip's own form: open_clip_config.json and open_clip_model.safetensors.
MODEL_FOLDER: Path = Path(__file__).parent / "model"
