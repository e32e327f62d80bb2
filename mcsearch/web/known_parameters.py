"""Refuse parameters that a route does not know, and values that it would not use."""

from typing import get_origin

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from mcsearch.web.answers import Refusal


def check_parameters(request: Request) -> None:
    """Raise Refusal for a parameter that the route does not take, or that is repeated and takes one value."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    repeatable = _parameters(route)
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in repeatable:
            raise Refusal("usage", f"There is no parameter {name}.")
        if name in seen and not repeatable[name]:
            raise Refusal("usage", f"{name} may be given only once.")
        seen.add(name)


def _parameters(route: APIRoute) -> dict[str, bool]:
    """Return the parameters of a route by name, and whether each may be repeated."""
    found: dict[str, bool] = {}
    for parameter in route.dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= {name: get_origin(field.annotation) is list for name, field in kind.model_fields.items()}
        else:
            found[parameter.alias] = get_origin(kind) is list
    return found
