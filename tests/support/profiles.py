"""ICC profiles written by hand, since no library at hand writes them."""

import struct

Colour = tuple[float, float, float]
# The primaries, adapted to D50.
DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
_D50 = (0.9642, 1.0, 0.8249)


def matrix_profile(primaries: tuple[Colour, Colour, Colour], gamma: float) -> bytes:
    """An RGB profile from the XYZ of its primaries and one gamma."""
    tags = {name + b"XYZ": _xyz(primary) for name, primary in zip((b"r", b"g", b"b"), primaries, strict=True)}
    return _profile(
        b"mntr", b"RGB ", b"XYZ ", {**tags, **{name + b"TRC": _curve(gamma) for name in (b"r", b"g", b"b")}}
    )


def grey_profile(gamma: float) -> bytes:
    """A grey profile with one gamma."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """A CMYK profile of an odd press: full ink of any kind is black, no ink at all is white."""
    identity = bytes(range(256))
    white, black = bytes([255, 128, 128]), bytes([0, 128, 128])  # in L*a*b*
    table = white + black * 15  # the corners of the ink space, two a side
    matrix = struct.pack(">9i", *(65536 * entry for entry in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + identity * 4 + table + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def _profile(kind: bytes, colours: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _description(b"written by a test"), b"wtpt": _xyz(_D50), **tags}
    offset = 128 + 4 + 12 * len(tags)
    directory, contents = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        directory += name + struct.pack(">II", offset + len(contents), len(content))
        contents += padded
    header = struct.pack(">I4sI4s4s4s", offset + len(contents), bytes(4), 0x02400000, kind, colours, connection)
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _xyz(_D50)[8:]
    return header.ljust(128, b"\0") + directory + contents


def _xyz(colour: Colour) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in colour))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def _description(text: bytes) -> bytes:
    return b"desc" + bytes(4) + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(4 + 4 + 2 + 1 + 67)
