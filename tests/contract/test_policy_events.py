"""Personal fields of events: marked, and on no queue whose reader may not know them."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from contracts import topology
from contracts.catalogue import PUBLISHED
from contracts.dispatch import OrderSent
from contracts.envelope import Payload
from contracts.policy import READERS, Circumstances, Group, Personal, may_know
from tests.support.architecture import readers_of
from tests.support.personal import mark_of, model_in

EVERY = [(service, payload) for service, events in PUBLISHED.items() for payload in events]
# The most that a reader of events may be told: an alarm is open, and the reader serves who is on it.
MOST = Circumstances(alarm=True, assigned=True)

# Fields that could hold a text, a number with a fraction or anything at all, and hold nothing personal. Whoever
# adds a field to an event decides: mark it in the contract, or name it here.
HARMLESS = {
    # names of places, processes and means, from lists of ours
    *("zone_id", "border_zone_ids", "previous_zone_id", "managing_zone_id", "from_zone_id", "to_zone_id"),
    *("control_room_id", "target_control_room_id", "unit_id", "district", "zones", "name", "basis", "hops"),
    *(f"zones.published.v1 zones.{language}" for language in ("nl", "fr", "de")),
    # pseudonyms, of devices and of staff (the subjects of their tokens)
    *("device_id", "opened_by", "person", "proposer"),
    # words of ours: roles, flags, names of fields, the reasons that the system gives
    *("addressee", "flags", "fields", "reason", "location_age_s", "silent_s", "card_url"),
    # public places, keys that are public, and digests: of a code, of what a device signed
    *(f"canary.raised.v1 fix.{each}" for each in ("lat", "lon", "radius_m")),
    # Of an order to the room itself: what is near to what, and whom its software has to keep it from.
    *("search_basis", "order.sent.v1 withheld_from"),
    *("canary_lat", "canary_lon", "public_key", "code_digest"),
    *("alarm.raised.v1 content", "press.routed.v1 digest"),
    # a keyed digest of a network address, by a key that only the alarm service has
    "alarm.raised.v1 source",
}


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, Personal | None]]:
    """Path, annotation and mark of every field, down to what is marked or is no model."""
    for name, field in model.model_fields.items():
        mark, inner = mark_of(field), model_in(field.annotation)
        if mark is None and inner is not None:
            yield from fields(inner, f"{prefix}{name}.")
        else:
            yield prefix + name, str(field.annotation), mark


def marked(payload: type[Payload]) -> dict[str, Personal]:
    return {path: mark for path, _, mark in fields(payload) if mark is not None}


@pytest.mark.parametrize(("service", "payload"), EVERY, ids=lambda each: getattr(each, "TYPE", ""))
def test_who_reads_a_queue_may_know_what_comes_on_it(service: str, payload: type[Payload]) -> None:
    for queue in readers_of(payload):
        reader = queue.partition(".")[0]
        if reader == service:
            continue
        for path, mark in marked(payload).items():
            assert may_know(READERS[reader], mark, MOST), f"{queue} hears {payload.TYPE} {path}"


@pytest.mark.parametrize(("service", "payload"), EVERY, ids=lambda each: getattr(each, "TYPE", ""))
def test_what_could_be_personal_is_marked_or_named(service: str, payload: type[Payload]) -> None:
    for path, annotation, mark in fields(payload):
        could_be = any(word in annotation for word in ("str", "Any", "float", "bytes", "Fix"))
        name = path.rpartition(".")[2]
        assert not could_be or mark or {name, f"{payload.TYPE} {path}"} & HARMLESS, f"{payload.TYPE} {path}"


@pytest.mark.parametrize(("service", "payload"), EVERY, ids=lambda each: getattr(each, "TYPE", ""))
def test_what_is_personal_goes_by_a_restricted_exchange(service: str, payload: type[Payload]) -> None:
    of_people = {path for path, mark in marked(payload).items() if mark.group is not Group.DEVICE}
    assert not of_people or payload.EXCHANGE in topology.RESTRICTED, f"{service} {payload.TYPE} {of_people}"


def test_every_reader_has_its_row() -> None:
    own = {queue.name.partition(".")[0] for queue in topology.QUEUES if queue.bindings}
    assert own - {topology.UNROUTABLE, "retry"} <= set(READERS)


def test_the_comparison_finds_what_is_there() -> None:
    everything = {str(mark.group) for _, payload in EVERY for mark in marked(payload).values()}
    assert everything == {Group.VICTIM, Group.PERPETRATOR, Group.LOCATION, Group.DEVICE}
    assert set(marked(OrderSent)) == {"location", "cancel", "linked_incident_ids"}
    # A queue that would hear too much: what the assertion above stands on.
    assert not may_know(READERS["reporting"], Personal(Group.LOCATION), MOST)
    assert not may_know(READERS["committee"], Personal(Group.LOCATION), MOST)
    assert not may_know(READERS["alarm"], Personal(Group.VICTIM), MOST)
