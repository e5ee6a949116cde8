"""Applies the table of who may know what (contracts/policy.py) to an answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar, cast, get_args

from pydantic import BaseModel

from contracts.policy import Audience, Circumstances, Personal, may_know

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Limited(Generic[M]):
    """What may be shown of an answer. `fields`: the personal ones that are; `withheld`: those that are not."""

    answer: M
    fields: tuple[str, ...]
    withheld: tuple[str, ...]


def limit(answer: M, who: Iterable[Audience], how: Circumstances) -> Limited[M]:
    """Limit an answer to what these columns may know, unlogged; what is empty is neither shown nor withheld.

    An answer with a field `withheld` says there what was left out.
    """
    look = _Look(frozenset(who), how)
    limited = cast("M", look.at(answer, ""))
    fields, withheld = tuple(sorted(look.fields)), tuple(sorted(look.withheld))
    if withheld and "withheld" in type(limited).model_fields:
        limited = limited.model_copy(update={"withheld": withheld})
    return Limited(limited, fields, withheld)


def personal(answer: BaseModel) -> tuple[str, ...]:
    """Name the personal fields that an answer holds, whoever sees it."""
    look = _Look(frozenset(), Circumstances())
    look.at(answer, "")
    return tuple(sorted(look.fields | look.withheld))


@cache
def _to_look_at(model: type[BaseModel]) -> tuple[tuple[str, Personal | None, bool], ...]:
    """Find the fields that are marked or may hold marked ones: name, mark, and whether it may be None."""
    found = []
    for name, declared in model.model_fields.items():
        mark = next((each for each in declared.metadata if isinstance(each, Personal)), None)
        if mark is not None or _may_hold_a_model(declared.annotation):
            found.append((name, mark, type(None) in get_args(declared.annotation)))
    return tuple(found)


def _may_hold_a_model(annotation: object) -> bool:
    if annotation is Any or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return True
    return any(_may_hold_a_model(each) for each in get_args(annotation))


# Streams ask the same for every frame.
_may_know = lru_cache(maxsize=4096)(may_know)


@dataclass(slots=True)
class _Look:
    who: frozenset[Audience]
    how: Circumstances
    fields: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)

    def at(self, answer: BaseModel, prefix: str) -> BaseModel:
        """Limit a model, field by field; gives the same one where nothing is taken away."""
        changed = dict[str, object]()
        for name, mark, optional in _to_look_at(type(answer)):
            value = getattr(answer, name)
            if value is None or (isinstance(value, str | list | tuple | dict) and not value):
                continue
            if mark is None:
                if (inside := self._inside(value, f"{prefix}{name}.")) is not value:
                    changed[name] = inside
            elif _may_know(self.who, mark, self.how):
                self.fields.add(prefix + name)
            else:
                self.withheld.add(prefix + name)
                emptied = not optional and isinstance(value, str | list | tuple | dict)
                changed[name] = type(value)() if emptied else None
        return answer.model_copy(update=changed) if changed else answer

    def _inside(self, value: object, prefix: str) -> object:
        if isinstance(value, BaseModel):
            return self.at(value, prefix)
        if isinstance(value, list | tuple):
            found = [self._inside(each, prefix) for each in value]
            same = all(new is old for new, old in zip(found, value, strict=True))
            return value if same else type(value)(found)
        return value
