"""Bodies of many rows: one that cannot be read is named, and keeps none of the others out."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator

T = TypeVar("T")


class Rows(list[T]):
    """The rows that could be read; `wrong`: what was wrong with the others, as a request's errors are told."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[dict[str, object]] = []


def _read_each(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    if not isinstance(value, list):
        return handler(value)
    rows: Rows[object] = Rows()
    for number, each in enumerate(value):
        try:
            rows += handler([each])
        except ValidationError as error:
            reasons = error.errors(include_url=False)
            rows.wrong += [{**each, "loc": ("body", number, *each["loc"][1:])} for each in reasons]
    return rows


Several = Annotated[list[T], WrapValidator(_read_each)]


def refuse_wrong(rows: Sequence[object]) -> None:
    """Name the rows that could not be read, once the others were taken; raises RequestValidationError."""
    if isinstance(rows, Rows) and rows.wrong:
        raise RequestValidationError(rows.wrong)
