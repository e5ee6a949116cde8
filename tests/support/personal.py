"""Personal data in answers: where the models say it is, and where it really is."""

from collections.abc import Iterator
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from contracts.policy import Personal

# Put into every text that is personal data; wherever it comes out, the field must be marked.
CANARY = "canary"


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds: optional, in a list or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each))), None)


def answers(app: FastAPI) -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and model of every GET that answers with one."""
    for route in app.routes:
        if (
            isinstance(route, APIRoute)
            and "GET" in (route.methods or ())
            and (model := model_in(route.response_model))
        ):
            yield route.path, model


def there(model: type[BaseModel], value: Any, prefix: str = "") -> dict[str, Personal]:
    """The marked fields of an answer (its JSON) that are not empty, by path."""
    if isinstance(value, list):
        return {path: mark for each in value for path, mark in there(model, each, prefix).items()}
    found = dict[str, Personal]()
    for name, field in model.model_fields.items():
        inner = value.get(name)
        if inner in (None, [], {}, ""):
            continue
        mark = next((each for each in field.metadata if isinstance(each, Personal)), None)
        nested = model_in(field.annotation)
        if mark is not None:
            found[prefix + name] = mark
        elif nested is not None and isinstance(inner, dict | list):
            found |= there(nested, inner, f"{prefix}{name}.")
    return found


def unmarked(model: type[BaseModel], value: Any, prefix: str = "") -> list[str]:
    """Paths where a canary sits outside every marked field."""
    if isinstance(value, list):
        return [path for each in value for path in unmarked(model, each, prefix)]
    found = []
    for name, field in model.model_fields.items():
        inner = value.get(name)
        if any(isinstance(each, Personal) for each in field.metadata):
            continue
        nested = model_in(field.annotation)
        if nested is not None and isinstance(inner, dict | list):
            found += unmarked(nested, inner, f"{prefix}{name}.")
        elif CANARY in str(inner):
            found.append(prefix + name)
    return found
