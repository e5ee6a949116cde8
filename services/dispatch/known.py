"""What is known of a row that cannot be read as a whole: shown, marked, and told of by its id; never hidden."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from contracts.values import EARLIEST, LATEST

log = logging.getLogger(__name__)

# The flag of an incident of which something cannot be read.
UNREADABLE = "partly_unreadable"

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def is_known(moment: datetime | None) -> bool:
    """Whether it is a moment that a clock can have shown; see `chassis.tolerant`."""
    return moment is not None and moment.tzinfo is not None and EARLIEST <= moment < LATEST


@dataclass(slots=True)
class Known:
    """Reads one incident part by part; `broken` names those that could not be read."""

    incident_id: UUID
    broken: list[str] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[], T], otherwise: T) -> T:
        """What `reader` gives, or `otherwise`."""
        try:
            return reader()
        except Exception as error:  # noqa: BLE001 - whatever is wrong in it, the rest is shown
            self.miss(name, type(error).__name__)
            return otherwise

    def miss(self, name: str, why: str) -> None:
        """Something is not known."""
        log.error("incident %s: its %s cannot be read: %s", self.incident_id, name, why)
        self.broken.append(name)

    def checked(self, view: M, instead: Mapping[str, Any]) -> M:
        """The view with `instead`, or None, for every field that holds what it must not."""
        data = dict(view)
        for name, value in data.items():
            if isinstance(value, datetime) and not is_known(value):
                self.miss(name, "out of range")
                data[name] = instead.get(name)
        for _ in range(2):
            try:
                return type(view).model_validate(data)
            except ValidationError as error:
                for name in {str(each["loc"][0]) for each in error.errors(include_input=False)}:
                    self.miss(name, "ValidationError")
                    data[name] = instead.get(name)
        return type(view).model_construct(**data)
