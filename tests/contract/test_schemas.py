"""What was promised stays promised: schemas, AsyncAPI, topology and permissions fit each other."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts import export, topology
from contracts.alarm import AlarmRaised
from contracts.catalogue import AUDIT_SEALED, PARKED, PUBLISHED
from contracts.dispatch import OrderMoved, OrderState
from contracts.envelope import Event, Payload, wrap

PAYLOADS = export.payloads()
COMMITTED = {path.stem: json.loads(path.read_text()) for path in export.SCHEMAS.glob("*.json")}
EXCHANGES = {exchange.name for exchange in topology.EXCHANGES}
BINDINGS = [(queue, binding) for queue in topology.QUEUES for binding in queue.bindings]
ON_EXCHANGE = [
    (service, payload.EXCHANGE, payload)
    for service, events in PUBLISHED.items()
    for payload in (*events, PARKED[service], AUDIT_SEALED[service])
]


def keys_of(payload: type[Payload]) -> set[str]:
    """Every routing key that an event of this type may have."""
    data = COMMITTED[payload.TYPE]["examples"][0]
    keys = {payload.model_validate(data).routing_key}
    if payload is AlarmRaised:
        keys |= {f"{payload.TYPE}.{lane}" for lane in ("verified", "unverified")}
    if payload is OrderMoved:
        keys = {f"{payload.TYPE}.{state}" for state in get_args(OrderState)}
    if payload.EXCHANGE == topology.DISPATCH_ORDERS:
        keys = {f"{payload.TYPE}.{room}" for room in topology.CONTROL_ROOMS}
    return keys


@pytest.mark.parametrize("name", sorted({*COMMITTED, *export.schemas()}))
def test_a_released_schema_does_not_change(name: str) -> None:
    assert name in COMMITTED, "run python -m contracts.export and commit the new file"
    assert name in export.schemas(), "an event that was released may not disappear"
    assert export.schemas()[name] == COMMITTED[name], "released: make a new version of the event instead"


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_yesterdays_message_is_read_today(name: str) -> None:
    schema = COMMITTED[name]
    Draft202012Validator.check_schema(schema)
    whole = schema["examples"][0]
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(whole)
    payload = PAYLOADS[name].model_validate(whole)
    event = wrap(payload, source="/test")
    Draft202012Validator(COMMITTED[export.ENVELOPE]).validate(json.loads(event.encode()))
    assert PAYLOADS[name].model_validate(Event.decode(event.encode()).data) == payload


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_newer_publisher_may_add_fields(name: str) -> None:
    whole = COMMITTED[name]["examples"][0]
    assert PAYLOADS[name].model_validate(_with_more(whole)) == PAYLOADS[name].model_validate(whole)


def _with_more(value: Any) -> Any:
    """The same value with an unknown field in every object that has named fields."""
    if isinstance(value, dict):
        more = {} if set(value) <= {"key"} else {"added_next_year": 1}
        return {**{key: _with_more(inner) for key, inner in value.items()}, **more}
    return [_with_more(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_every_field_that_is_required_is_missed_by_name(name: str) -> None:
    """A publisher may leave out nothing that was promised; readers say what is missing."""
    whole = COMMITTED[name]["examples"][0]
    required = {n for n, f in PAYLOADS[name].model_fields.items() if f.is_required()}
    PAYLOADS[name].model_validate({n: whole[n] for n in required})
    for missing in required:
        with pytest.raises(ValidationError) as refusal:
            PAYLOADS[name].model_validate({n: v for n, v in whole.items() if n != missing})
        assert [error["loc"] for error in refusal.value.errors()] == [(missing,)]


def test_a_changed_schema_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SCHEMAS", tmp_path / "schemas")
    monkeypatch.setattr(export, "ASYNCAPI", tmp_path / "asyncapi.yaml")
    assert len(export.write()) == len(COMMITTED) + 1
    assert export.write() == []
    changed = tmp_path / "schemas/order.moved.v1.json"
    changed.write_text(changed.read_text().replace('"unit_id"', '"team_id"'))
    (tmp_path / "asyncapi.yaml").unlink()
    with pytest.raises(export.Changed, match=r"^order\.moved\.v1$"):
        export.write()
    assert not (tmp_path / "asyncapi.yaml").exists()


def test_asyncapi_is_up_to_date_and_has_a_row_for_every_event() -> None:
    committed = export.ASYNCAPI.read_text()
    assert committed == export.asyncapi_text(), "run python -m contracts.export"
    document = yaml.safe_load(committed)
    for service, exchange, payload in ON_EXCHANGE:
        assert payload.TYPE in document["channels"][exchange]["messages"]
        assert f"{service} sends {payload.TYPE}" in document["operations"]
    for reference in _references(document):
        path, _, pointer = reference.partition("#")
        target = document if not path else json.loads((export.ASYNCAPI.parent / path).read_text())
        for part in filter(None, pointer.split("/")):
            target = target[part]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [reference for inner in value.values() for reference in _references(inner)]
    return [reference for inner in value for reference in _references(inner)] if isinstance(value, list) else []


def test_names_are_used_once() -> None:
    assert len(EXCHANGES) == len(topology.EXCHANGES)
    assert len({queue.name for queue in topology.QUEUES}) == len(topology.QUEUES)
    types = [payload.TYPE for events in PUBLISHED.values() for payload in events]
    assert len(types) == len(set(types))


def test_everything_in_the_topology_refers_to_something_that_exists() -> None:
    assert {binding.exchange for _, binding in BINDINGS} <= EXCHANGES
    assert {exchange.alternate for exchange in topology.EXCHANGES if exchange.alternate} <= EXCHANGES
    owners = {queue.name.split(".")[0] for queue in topology.QUEUES}
    assert owners == {*topology.SERVICES, "cic", "retry", topology.UNROUTABLE}
    for service in topology.SERVICES:
        assert export.readers(topology.parking(service), "") == [f"{service}.parking"]


def test_every_binding_takes_some_event_and_every_event_has_a_queue() -> None:
    keys = {(exchange, key) for _, exchange, payload in ON_EXCHANGE for key in keys_of(payload)}
    for queue, binding in BINDINGS:
        if binding.exchange.split(".")[0] in topology.SERVICES and queue.name != binding.exchange:
            taken = [k for e, k in keys if e == binding.exchange and export.matches(binding.routing_key, k)]
            assert taken, f"{queue.name} waits for {binding}, which nobody publishes"
    for exchange, key in keys:
        assert export.readers(exchange, key), f"{key} on {exchange} would be unroutable"


def test_each_service_writes_exactly_the_exchanges_of_its_events() -> None:
    for service in topology.SERVICES:
        used = {exchange for publisher, exchange, _ in ON_EXCHANGE if publisher == service}
        # Change notifications carry no event.
        assert used == set(topology.WRITES[service]) - {topology.DISPATCH_LIVE}
    written = [exchange for exchanges in topology.WRITES.values() for exchange in exchanges]
    assert len(written) == len(set(written)), "one writer for each exchange"


def test_cards_and_locations_reach_only_who_may_have_them() -> None:
    def owners(exchange: str) -> set[str]:
        return {queue.name.split(".")[0] for queue, binding in BINDINGS if binding.exchange == exchange}

    assert owners(topology.REGISTRY_CARDS) == {"dispatch"}
    assert owners(topology.ALARM_URGENT) == {"dispatch", "alarm"}
    assert owners(topology.DISPATCH_ORDERS) == {"cic"}
    for _, exchange, payload in ON_EXCHANGE:
        shapes = set(COMMITTED[payload.TYPE].get("$defs", {}))
        if exchange not in (topology.ALARM_URGENT, topology.DISPATCH_ORDERS):
            assert "Fix" not in shapes, payload.TYPE
        if exchange != topology.REGISTRY_CARDS:
            assert not shapes & {"Card", "Person", "Perpetrator", "Address"}, payload.TYPE


@pytest.mark.parametrize(
    ("pattern", "key", "wanted"),
    [
        ("#", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("a.#", "a", True),
        ("#.c", "a.b.c", True),
        ("a.b", "a.b.c", False),
        ("a.b.c", "a.b", False),
    ],
)
def test_topic_patterns_match_as_the_broker_does(pattern: str, key: str, wanted: bool) -> None:
    assert export.matches(pattern, key) is wanted
