"""The description of the API in OpenAPI: FastAPI's, with the one shape of errors on every route."""

from typing import Any

from fastapi import FastAPI

from mcsearch.web.schemas import Errors

_REFERENCE = "#/components/schemas/{model}"


def describe(api: FastAPI) -> dict[str, Any]:
    """Return the description of an API in OpenAPI."""
    described: dict[str, Any] = FastAPI.openapi(api)
    errors = Errors.model_json_schema(ref_template=_REFERENCE)
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas |= errors.pop("$defs")
    schemas["Errors"] = errors
    content = {"application/json": {"schema": {"$ref": _REFERENCE.format(model="Errors")}}}
    for methods in described["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"description": "Why the request failed.", "content": content}
    return described
