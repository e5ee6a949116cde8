"""The scripts of the pages are checked against what dispatch answers: infra/front/api.d.ts.

`python -m tests.contract.test_page_types` writes it.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.dispatch.schemas.control_rooms import ControlRoomOut, RoomWebhook
from services.dispatch.schemas.incidents import IncidentView, UnverifiedClosed
from services.dispatch.schemas.units import UnitOut

TYPES = Path(__file__).resolve().parents[2] / "infra/front/api.d.ts"
HEAD = """\
// What dispatch answers, from its schemas. Written by `python -m tests.contract.test_page_types`: do not edit.

declare namespace Api {
"""
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_of(schema: dict[str, Any]) -> str:
    """The TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"Array<{type_of(schema['items'])}>"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"Record<string, {type_of(schema['additionalProperties'])}>"
    return _SIMPLE[schema["type"]]


def written() -> str:
    """The file as it has to be: of an answer every field is there, also those that have a default."""
    models: list[type[BaseModel]] = [IncidentView, UnitOut, ControlRoomOut, RoomWebhook, UnverifiedClosed]
    _, schemas = models_json_schema([(model, "serialization") for model in models])
    lines = [HEAD]
    for name, schema in schemas["$defs"].items():
        if "properties" not in schema:
            lines.append(f"  type {name} = {type_of(schema)};\n")
            continue
        lines.append(f"  interface {name} {{\n")
        lines += [f"    {field}: {type_of(each)};\n" for field, each in schema["properties"].items()]
        lines.append("  }\n")
    return "".join([*lines, "}\n"])


def test_scripts_are_checked_against_what_dispatch_answers() -> None:
    assert TYPES.read_text() == written(), "run `python -m tests.contract.test_page_types`, then `make check`"


if __name__ == "__main__":
    TYPES.write_text(written())
