"""Personal data in answers: where the models say it is, and where it really is."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.policy import AUDIENCES, Circumstances, Personal, audiences, may_know
from tests.support.desks import Desk, Who

# Put into every text that is personal data; wherever it comes out, the field must be marked.
CANARY = "canary"


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds: optional, in a list or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each))), None)


def mark_of(field: FieldInfo) -> Personal | None:
    """The mark of a field, if it has one."""
    return next((each for each in field.metadata if isinstance(each, Personal)), None)


def answers(app: FastAPI) -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and model of every GET that answers with one."""
    for route in iter_route_contexts(app.routes):
        if (
            isinstance(route.original_route, APIRoute)
            and "GET" in (route.methods or ())
            and (model := model_in(route.response_model))
        ):
            yield route.original_route.path, model


def there(model: type[BaseModel], value: Any, prefix: str = "") -> dict[str, Personal]:
    """The marked fields of an answer (its JSON) that are not empty, by path."""
    if isinstance(value, list):
        return {path: mark for each in value for path, mark in there(model, each, prefix).items()}
    found = dict[str, Personal]()
    for name, field in model.model_fields.items():
        inner = value.get(name)
        if inner in (None, [], {}, ""):
            continue
        mark = mark_of(field)
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
        if mark_of(field) is not None:
            continue
        nested = model_in(field.annotation)
        if nested is not None and isinstance(inner, dict | list):
            found += unmarked(nested, inner, f"{prefix}{name}.")
        elif CANARY in str(inner):
            found.append(prefix + name)
    return found


Told = Callable[[Who], Circumstances]


def compared(
    app: FastAPI, service: Desk, ids: dict[str, str], claims_of: Callable[[str], Who], told: Told
) -> set[str]:
    """Ask all that can be asked, as every role; the fields that somebody was shown."""
    shown_to_anybody = set[str]()
    for path, model in answers(app):
        if "audit" in path or any(name not in ids for name in _names(path)):
            continue
        seen = dict[str, Any]()
        for role in AUDIENCES:
            answer = service.answer(path.format(**ids), **claims_of(role))
            if answer.status_code == 200:
                seen[role] = answer.json()
        shown_to_anybody |= agreed(path, model, seen, lambda role: told(claims_of(role)))
    return shown_to_anybody


def agreed(
    path: str, model: type[BaseModel], seen: Mapping[str, Any], told: Callable[[str], Circumstances]
) -> set[str]:
    """What each role was shown, set against the table; the fields that somebody was shown."""
    shown = dict[str, dict[str, Personal]]()
    for role, answer in seen.items():
        assert unmarked(model, answer) == [], f"{role} {path}"
        shown[role] = there(model, answer)
    everything = {field: mark for fields in shown.values() for field, mark in fields.items()}
    for role, fields in shown.items():
        for field, mark in everything.items():
            may = may_know(audiences([role]), mark, told(role))
            assert (field in fields) == may, f"{role} {path} {field}: {'not ' if may else ''}shown"
    return {f"{path} {field}" for field in everything}


def _names(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part.startswith("{")]
