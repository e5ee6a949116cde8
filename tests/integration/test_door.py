"""Any JSON value in any field, any bytes in any header, through the real databases of all services.

Beside each bad message another victim presses: both are incidents that somebody is told of, and nobody's list,
stream, timers or records suffer. `EXAMPLES=2000` lengthens it.
"""

import json
import os
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.topology import QUEUES
from tests.support.alarm import GHENT, Button
from tests.support.broker import Broker
from tests.support.odd_values import FIELDS, ODD
from tests.support.path import Path3, send_raw, whole_path
from tests.support.postgres import Cluster
from tests.support.waiting import eventually

HEADERS = (
    *("traceparent", "tracestate", "content-type", "content-encoding", "x-channel", "user-agent", "accept"),
    *("accept-language", "cookie", "authorization", "origin", "referer", "x-forwarded-for", "forwarded"),
    *("x-forwarded-proto", "upgrade", "http2-settings", "baggage", "if-none-match", "range", "x-request-id"),
)
values = st.recursive(
    st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
fixes = st.fixed_dictionaries(
    {"lat": st.just(GHENT["lat"]) | values, "lon": st.just(GHENT["lon"]) | values},
    optional={"radius_m": values, "at": values},
)
header_bytes = st.binary(max_size=40).map(lambda raw: raw.translate(None, b"\r\n"))


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, bytes], bool]:
    """Kind, fields, headers, and whether the device signs it."""
    kind = draw(st.sampled_from(sorted(FIELDS)))
    fields = draw(st.dictionaries(st.sampled_from(FIELDS[kind]), values | fixes | st.lists(fixes, max_size=3)))
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), header_bytes, max_size=4))
    return kind, fields, headers, draw(st.booleans())


@pytest.fixture(scope="module")
def path(cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path3]:
    # The broker is shared: what other tests left in its queues is none of these services' night.
    channel = broker.channel()
    for queue in QUEUES:
        channel.queue_purge(queue.name)
    channel.connection.close()
    with whole_path(cluster, broker, tmp_path_factory.mktemp("path")) as whole:
        yield whole
        # Timers, records and the broker's set-aside after all of it.
        late = "SELECT kind, subject_id FROM due WHERE due_at < now() - interval '5 seconds'"
        eventually(lambda: whole.desk.sql(late) == [], 30)
        assert whole.reporting.rows("SELECT alarm_id, kind FROM gaps") == []
        assert whole.reporting.rows("SELECT kind, key FROM attentions WHERE kind IN ('gap', 'parked')") == []


def test_nothing_that_a_device_sends_costs_anybody_an_alarm(path: Path3) -> None:
    @settings(
        max_examples=int(os.environ.get("EXAMPLES", "25")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(messages())
    def any_message(message: tuple[str, dict[str, Any], dict[str, bytes], bool]) -> None:
        one_message(path, *message)

    any_message()


def one_message(
    path: Path3, kind: str, fields: dict[str, Any], headers: dict[str, bytes], signed: bool
) -> None:
    """A bad message of one device beside the good press of another."""
    bad, good = Button(), Button()
    path.know(bad, good)
    port = path.api.port
    expected = set()
    if kind != "press":
        status, receipt = send_raw(port, "/v1/presses", bad.press(), {})
        assert status == 202
        expected.add(json.loads(receipt)["alarm_id"])
    where = {"press": "/v1/presses", "heartbeats": "/v1/heartbeats"}.get(
        kind, f"/v1/alarms/{next(iter(expected), '')}/{kind}"
    )
    # Never the bytes of an earlier example: that would be a copy of a press that was closed.
    payload = {"device_id": str(bad.id), "counter": 1, "example": str(uuid4()), **fields}
    body = bad.sign(payload) if signed else json.dumps(payload).encode()
    status, answer = send_raw(port, where, body, headers)
    assert status < 500, answer
    if kind == "press":
        # A device id that was replaced by something unreadable, or a verified test, is no alarm.
        is_test = signed and payload.get("kind") == "test" and "device_id" not in fields
        assert status == 202 or "device_id" in fields
        if status == 202 and not is_test:
            expected.add(json.loads(answer)["alarm_id"])
    elif kind == "heartbeats" and signed:
        assert status == 202
    status, receipt = send_raw(port, "/v1/presses", good.press(), headers)
    assert status == 202
    expected.add(json.loads(receipt)["alarm_id"])
    incidents = [eventually(partial(path.incident_of, alarm), 60) for alarm in expected]
    looked_after(path, incidents)


def looked_after(path: Path3, incidents: list[tuple[UUID, str]]) -> None:
    """Each incident has an order or an escalation, stands in its room's list and stream, and can be closed."""
    by_room: dict[str, set[str]] = {}
    for incident, room in incidents:
        by_room.setdefault(room, set()).add(str(incident))
        text = (
            f"SELECT 1 FROM incidents i WHERE id = '{incident}' AND (escalation IS NOT NULL OR EXISTS "
            "(SELECT 1 FROM orders o WHERE o.incident_id = i.id))"
        )
        eventually(partial(path.desk.sql, text), 60)
    for room, wanted in by_room.items():
        listed = path.rooms.get(f"/v1/control-rooms/{room}/incidents", headers=path.as_room("operator", room))
        assert listed.status_code == 200
        assert wanted <= {each["incident_id"] for each in listed.json()}
        assert path.streamed(room, wanted) == wanted
        for wanted_id in wanted:
            closed = path.rooms.post(
                f"/v1/incidents/{wanted_id}/close",
                json={"outcome": "test", "reason": "an example of a test"},
                headers=path.as_room("supervisor", room),
            )
            assert closed.status_code < 300, closed.text


@pytest.mark.parametrize("offer", ["h2c", "websocket", "TLS/1.2"])
def test_an_offer_of_another_protocol_costs_no_press(path: Path3, offer: str) -> None:
    button = Button()
    path.know(button)
    headers = {
        "connection": b"Upgrade, HTTP2-Settings",
        "upgrade": offer.encode(),
        "http2-settings": b"AAMAAABk",
    }
    status, receipt = send_raw(path.api.port, "/v1/presses", button.press(), headers)
    assert status == 202
    assert eventually(lambda: path.incident_of(json.loads(receipt)["alarm_id"]))
