"""What is known of a row that cannot be read as a whole: shown, marked, and told of by its id; never hidden."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.values import EARLIEST, FIRST_DAY, LAST_DAY, LATEST

log = logging.getLogger(__name__)

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class RowOut(BaseModel):
    """An answer about one row. `unreadable`: what of it is damaged, and therefore absent (null) here."""

    unreadable: tuple[str, ...] = ()


R = TypeVar("R", bound=RowOut)


def is_known(moment: datetime | None) -> bool:
    """Say whether a clock can have shown this moment; see `chassis.database.time_bounds`."""
    return moment is not None and moment.tzinfo is not None and EARLIEST <= moment < LATEST


def _is_off(value: object) -> bool:
    """Say whether it is a time or a day that nobody can have meant."""
    if isinstance(value, datetime):
        return not is_known(value)
    return isinstance(value, date) and not FIRST_DAY <= value <= LAST_DAY


@dataclass(slots=True)
class Known:
    """Reads one row part by part; `broken` names those that could not be read."""

    what: str
    which: object
    broken: list[str] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[], T], otherwise: T) -> T:
        """Give what `reader` returns; where it fails, log that `name` cannot be read and give `otherwise`."""
        try:
            return reader()
        except Exception as error:  # noqa: BLE001 - whatever is wrong in it, the rest is shown
            self.miss(name, type(error).__name__)
            return otherwise

    def miss(self, name: str, why: str) -> None:
        """Log that a field cannot be read, and remember its name."""
        log.error("%s %s: its %s cannot be read: %s", self.what, self.which, name, why)
        self.broken.append(name)

    def checked(self, view: M, instead: Mapping[str, object]) -> M:
        """Check a view; a field that holds what it must not becomes its value in `instead`, or None."""
        return self.shaped(type(view), dict(view), instead)

    def shaped(self, model: type[M], values: Mapping[str, object], instead: Mapping[str, object]) -> M:
        """Build a model; a field that is absent or cannot be read becomes its value in `instead`, or None."""
        data = {name: value for name, value in values.items() if name in model.model_fields}
        for name, value in data.items():
            if _is_off(value):
                self.miss(name, "out of range")
                data[name] = instead.get(name)
        for _ in range(2):
            try:
                return model.model_validate(data)
            except ValidationError as error:
                for name in {str(each["loc"][0]) for each in error.errors(include_input=False)}:
                    if name not in self.broken:
                        self.miss(name, "ValidationError")
                    data[name] = instead.get(name)
        return self._constructed(model, data)

    def _constructed(self, model: type[M], data: Mapping[str, object]) -> M:
        """Build a model that keeps its broken fields as they are; validate all the others as usual."""
        answer = model.model_construct(None, **data)
        for name, value in data.items():
            if name not in self.broken:
                model.__pydantic_validator__.validate_assignment(answer, name, value)
        return answer


def present_row_in_part(
    model: type[R],
    values: Mapping[str, object],
    what: str,
    which: object,
    instead: Mapping[str, object] = MappingProxyType({}),
) -> R:
    """Build an answer about a row; what cannot be read is None or from `instead`, and named in `unreadable`."""
    known = Known(what, which)
    answer = known.shaped(model, values, instead)
    return answer.model_copy(update={"unreadable": tuple(sorted(known.broken))}) if known.broken else answer
