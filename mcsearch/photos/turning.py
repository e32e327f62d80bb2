"""How a sidecar that corrects the orientation of a photo turns the picture."""

# EXIF orientation → where it shows the point (1, 2) of the stored picture, with the centre at (0, 0) and y downwards.
_SHOWN_AT = {1: (1, 2), 2: (-1, 2), 3: (-1, -2), 4: (1, -2), 5: (2, 1), 6: (-2, 1), 7: (-2, -1), 8: (2, -1)}
SWAPS_SIDES = range(5, 9)


def turn_between(shown: int, corrected: int) -> int | None:
    """Return how to turn a picture that is shown in one orientation to show it in another; None if they are the same.

    All three are numbers of EXIF's tag Orientation. Numbers that it does not have count as 1.
    """
    wanted = _SHOWN_AT.get(corrected, _SHOWN_AT[1])
    x, y = _SHOWN_AT.get(shown, _SHOWN_AT[1])
    turn = next(number for number in _SHOWN_AT if _turned(x, y, number) == wanted)
    return None if turn == 1 else turn


def _turned(x: int, y: int, orientation: int) -> tuple[int, int]:
    """Return where an orientation shows the point (x, y)."""
    if orientation in SWAPS_SIDES:
        x, y = y, x
    one, two = _SHOWN_AT[orientation]
    return (x if one > 0 else -x), (y if two > 0 else -y)
