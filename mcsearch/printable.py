"""What texts from files may put on a terminal: no control characters, and nothing that changes the order of letters.

Names, captions, keywords and names of cameras are whatever somebody wrote into a file. An escape sequence among them
would be a command to the terminal, and a bidirectional override would make one name look like another.
"""

# C0, DEL and C1; separators of lines; overrides, embeddings and isolates of bidirectional text.
_UNSAFE = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_BRIEF = 100
_ESCAPES = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _UNSAFE}
_ESCAPES |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_ESCAPES_OF_SENTENCES = {code: escape for code, escape in _ESCAPES.items() if code != ord("\n")}
# JSON has escaped C0 itself, and allows the others only inside of strings.
_ESCAPES_OF_JSON = {code: f"\\u{code:04x}" for code in _UNSAFE if code >= 0x20}


def one_line(text: str) -> str:
    """Return a text as one line that is safe to print."""
    return text.translate(_ESCAPES)


def sentences(text: str) -> str:
    """Return a text of our own, in which names may stand, with its lines and nothing else that a terminal obeys."""
    return text.translate(_ESCAPES_OF_SENTENCES)


def json_line(text: str) -> str:
    """Return JSON in which all that a terminal would obey is escaped; it stands for the same values."""
    return text.translate(_ESCAPES_OF_JSON)


def brief(text: str) -> str:
    """Return a text that somebody typed as messages repeat it: whole, or its beginning if it is long."""
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"
