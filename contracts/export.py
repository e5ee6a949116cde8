"""Writes what services promise each other: `python -m contracts.export`.

`contracts/schemas/<type>.json` (JSON Schema 2020-12, frozen once it is there) and `docs/api/asyncapi.yaml`
(AsyncAPI 3.0). A schema that differs from its file is refused: a changed event gets a new version.
`--unreleased` overwrites, for types that no release has had yet.
"""

import json
import sys
from pathlib import Path
from typing import Any, get_args

import yaml

from contracts import topology
from contracts.audit import AuditSealed
from contracts.catalogue import AUDIT_SEALED, PARKED, PUBLISHED
from contracts.common import MessageParked
from contracts.dispatch import OrderState
from contracts.envelope import CONTENT_TYPE, Event, Payload

SCHEMAS = Path(__file__).with_name("schemas")
ASYNCAPI = Path(__file__).resolve().parents[1] / "docs/api/asyncapi.yaml"
ENVELOPE = "event"

Json = dict[str, Any]


class Changed(Exception):
    """Schemas that were released and are not the same any more, by event type."""


def payloads() -> dict[str, type[Payload]]:
    """Every event type by name."""
    every = {payload.TYPE: payload for events in PUBLISHED.values() for payload in events}
    return {**every, MessageParked.TYPE: MessageParked, AuditSealed.TYPE: AuditSealed}


def schemas() -> dict[str, Json]:
    """Every schema by the name of its file: one for the envelope, one for the data of each type."""
    found = {ENVELOPE: Event.model_json_schema(mode="serialization")}
    for name, payload in payloads().items():
        schema = payload.model_json_schema(mode="serialization")
        schema["examples"] = [example(schema, schema.get("$defs", {}))]
        found[name] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return found


_BY_FORMAT = {
    "uuid": "7f8d3a52-5b7e-4a57-9d0e-0d7c1a2b3c4d",
    "date-time": "2026-03-01T12:00:00Z",
    "date": "2026-03-01",
}
_BY_TYPE: dict[str, str | float | bool | None] = {
    "string": "text",
    "integer": 1,
    "number": 51.05,
    "boolean": True,
    "null": None,
}


def example(schema: Json, definitions: Json) -> object:
    """One value that a schema allows, every field filled: the same one at every export."""
    if "$ref" in schema:
        return example(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], definitions)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object" and "properties" in schema:
        return {name: example(part, definitions) for name, part in schema["properties"].items()}
    if kind == "object":
        inner = schema.get("additionalProperties")
        return {"key": example(inner, definitions)} if isinstance(inner, dict) else {}
    if kind == "array":
        return [example(schema["items"], definitions)]
    if kind == "number" and schema.get("maximum") is not None:
        return min(_BY_TYPE["number"], schema["maximum"])
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE[kind])


ENDINGS = ("", ".verified", ".unverified", *(f".{state}" for state in get_args(OrderState)))


def readers(exchange: str, routing_key: str) -> list[str]:
    """Queues that take a message of this exchange and key."""
    return [
        queue.name
        for queue in topology.QUEUES
        for binding in queue.bindings
        if binding.exchange == exchange and matches(binding.routing_key, routing_key)
    ]


def matches(pattern: str, routing_key: str) -> bool:
    """Whether a topic binding takes a routing key (`*` is one word, `#` any number)."""

    def walk(wanted: list[str], words: list[str]) -> bool:
        if not wanted:
            return not words
        if wanted[0] == "#":
            return any(walk(wanted[1:], words[n:]) for n in range(len(words) + 1))
        return bool(words) and wanted[0] in ("*", words[0]) and walk(wanted[1:], words[1:])

    return walk(pattern.split("."), routing_key.split("."))


def asyncapi() -> Json:
    """The AsyncAPI document: a channel for each exchange, a message for each event type."""
    channels: Json = {}
    operations: Json = {}
    for service, events in PUBLISHED.items():
        for payload in (*events, PARKED[service], AUDIT_SEALED[service]):
            exchange = payload.EXCHANGE
            channel = channels.setdefault(exchange, _channel(exchange))
            channel["messages"][payload.TYPE] = {"$ref": f"#/components/messages/{payload.TYPE}"}
            operations[f"{service} sends {payload.TYPE}"] = {
                "action": "send",
                "channel": _pointer("channels", exchange),
                "messages": [{"$ref": f"#/channels/{exchange}/messages/{payload.TYPE}"}],
                "x-publisher": service,
                "x-queues": _queues_of(payload),
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stalkingalarm events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0, structured JSON, over RabbitMQ. Only pseudonymous ids, except on "
            f"`{topology.REGISTRY_CARDS}`; locations only on `{topology.ALARM_URGENT}` and "
            f"`{topology.DISPATCH_ORDERS}`.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": {name: _message(name, payload) for name, payload in payloads().items()}},
    }


def _channel(exchange: str) -> Json:
    bound = {"is": "routingKey", "exchange": {"name": exchange, "type": "topic", "durable": True}}
    return {"address": exchange, "messages": {}, "bindings": {"amqp": bound}}


def _pointer(*path: str) -> Json:
    return {"$ref": f"#/{'/'.join(path)}"}


def _queues_of(payload: type[Payload]) -> list[str]:
    """Queues by type alone: a lane, a state or a control room is one more word at the end of the key."""
    found = {q for ending in ENDINGS for q in readers(payload.EXCHANGE, payload.TYPE + ending)}
    if payload.EXCHANGE == topology.DISPATCH_ORDERS:
        found.add(topology.control_room_queue("<control room>").name)
    return sorted(found)


def _message(name: str, payload: type[Payload]) -> Json:
    return {
        "name": name,
        "title": payload.__name__,
        "summary": (payload.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": f"../../contracts/schemas/{ENVELOPE}.json"},
                {"properties": {"data": {"$ref": f"../../contracts/schemas/{name}.json"}}},
            ]
        },
    }


def text_of(schema: Json) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def asyncapi_text() -> str:
    """The AsyncAPI document as its file holds it."""
    return yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=110)


def write(*, unreleased: bool = False) -> list[str]:
    """Write what is missing; the names of what was written. Raises `Changed` before writing anything."""
    wanted = {SCHEMAS / f"{name}.json": text_of(schema) for name, schema in schemas().items()}
    changed = [path.stem for path, text in wanted.items() if path.exists() and path.read_text() != text]
    if changed and not unreleased:
        raise Changed(", ".join(changed))
    wanted[ASYNCAPI] = asyncapi_text()
    written = []
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            written.append(path.name)
    return written


if __name__ == "__main__":
    try:
        for written_name in write(unreleased="--unreleased" in sys.argv[1:]):
            sys.stdout.write(f"{written_name}\n")
    except Changed as error:
        sys.exit(f"released schemas may not change, make a new version instead: {error}")
