"""Leave transparent what the first frame of a GIF does not cover; Pillow fills it with a colour of the palette."""

from typing import Any

from PIL import GifImagePlugin, Image


def with_clear_surroundings(picture: GifImagePlugin.GifImageFile) -> GifImagePlugin.GifImageFile:
    """Return the picture, which becomes RGBA when it is loaded if its frame is smaller than the whole."""
    covered = picture.tile[0].extents if picture.tile else None
    if covered is None or covered == (0, 0, *picture.size):
        return picture
    finish = picture.load_end

    def load_end() -> None:
        finish()
        loaded = picture.copy().convert("RGBA")
        shown: Any = Image.new("RGBA", loaded.size)
        shown.paste(loaded.crop(covered), covered)
        picture.im, picture._mode = shown.im, shown.mode
        picture.palette = None
        picture.info.pop("transparency", None)

    picture.load_end = load_end  # type: ignore[method-assign]
    return picture
