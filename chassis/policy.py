"""Applies the table of who may know what (contracts/policy.py) to an answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from contracts.policy import Audience, Circumstances, Personal, may_know

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Limited(Generic[M]):
    """What may be shown of an answer. `fields`: the personal ones that are; `withheld`: those that are not."""

    answer: M
    fields: tuple[str, ...]
    withheld: tuple[str, ...]


def limited(answer: M, who: Iterable[Audience], how: Circumstances) -> Limited[M]:
    """An answer without what these columns may not know; what is empty anyway is neither shown nor withheld.

    An answer with a field `withheld` says there what was left out.
    """
    look = _Look(frozenset(who), how)
    shown = cast("M", look.at(answer, ""))
    fields, withheld = tuple(sorted(look.fields)), tuple(sorted(look.withheld))
    if "withheld" in type(shown).model_fields:
        shown = shown.model_copy(update={"withheld": withheld})
    return Limited(shown, fields, withheld)


@dataclass(slots=True)
class _Look:
    who: frozenset[Audience]
    how: Circumstances
    fields: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)

    def at(self, answer: BaseModel, prefix: str) -> BaseModel:
        """A model, field by field."""
        changed = dict[str, Any]()
        for name, declared in type(answer).model_fields.items():
            value = getattr(answer, name)
            if value in (None, (), [], {}, ""):
                continue
            mark = next((each for each in declared.metadata if isinstance(each, Personal)), None)
            if mark is None:
                changed[name] = self._inside(value, f"{prefix}{name}.")
            elif may_know(self.who, mark, self.how):
                self.fields.add(prefix + name)
            else:
                self.withheld.add(prefix + name)
                changed[name] = type(value)() if isinstance(value, str | list | tuple | dict) else None
        return answer.model_copy(update=changed)

    def _inside(self, value: Any, prefix: str) -> Any:
        if isinstance(value, BaseModel):
            return self.at(value, prefix)
        if isinstance(value, list | tuple):
            return type(value)(self._inside(each, prefix) for each in value)
        return value
