"""What the API documents show as an example of a body is what the API takes."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import walk_packages

import pytest
from pydantic import BaseModel

from contracts.topology import SERVICES


def examples() -> Iterator[tuple[type[BaseModel], object]]:
    for service in SERVICES:
        package = import_module(f"services.{service}.schemas")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            for model in vars(module).values():
                if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == found.name:
                    yield from ((model, each) for each in shown_by(model))


def shown_by(model: type[BaseModel]) -> Sequence[object]:
    extra = model.model_config.get("json_schema_extra")
    present_row_in_part = extra.get("examples") if isinstance(extra, dict) else None
    return present_row_in_part if isinstance(present_row_in_part, list) else ()


EXAMPLES = list(examples())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=[model.__name__ for model, _ in EXAMPLES])
def test_an_example_is_taken(model: type[BaseModel], example: object) -> None:
    model.model_validate(example)
