"""The sentence about a parameter, or a field of a body, that has a wrong value."""

from collections.abc import Mapping
from typing import Any

NO_JSON = "The body is not valid JSON."
_SOURCES = ("query", "body", "path")
# For each kind of error that pydantic finds, a sentence; the braces take the name and the limits that were exceeded.
_SENTENCES = {
    "json_invalid": NO_JSON,
    "model_attributes_type": "The body must be a JSON object.",
    "missing": "{name} is missing.",
    "int_parsing": "{name} must be a whole number.",
    "int_type": "{name} must be a whole number.",
    "int_from_float": "{name} must be a whole number.",
    "int_parsing_size": "{name} is too large a number.",
    "float_parsing": "{name} must be a number.",
    "float_type": "{name} must be a number.",
    "bool_parsing": "{name} must be true or false.",
    "bool_type": "{name} must be true or false.",
    "string_type": "{name} must be a text.",
    "string_too_long": "{name} has more than {max_length} characters.",
    "string_pattern_mismatch": "{name} is not the id of a photo, 64 hexadecimal digits.",
    "string_unicode": "{name} is not valid Unicode.",
    "list_type": "{name} must be a list.",
    "too_long": "{name} has more than {max_length} values.",
    "too_short": "{name} is empty.",
    "greater_than_equal": "{name} must be at least {ge}.",
    "less_than_equal": "{name} must be at most {le}.",
    "literal_error": "{name} must be {expected}.",
}


def sentence_about(error: Mapping[str, Any]) -> str:
    """Return a sentence about an error as pydantic describes it."""
    place = [str(part) for part in error["loc"] if part not in _SOURCES]
    name = ".".join(place) or "The body"
    if error["type"] == "extra_forbidden":
        return f"There is no {'field' if 'body' in error['loc'] else 'parameter'} {name}."
    sentence = _SENTENCES.get(error["type"], f"{{name}}: {error['msg'].replace('{', '').replace('}', '')}.")
    return sentence.format(name=name, **error.get("ctx", {}))
