"""The weights of the demo model, in open_clip's own form. `training/` makes them."""

from pathlib import Path

# Holds open_clip_config.json and open_clip_model.safetensors.
MODEL_FOLDER: Path = Path(__file__).parent
