"""The real broker, issuer and trace collector as the system starts them."""

import gzip
import shutil
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pika
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pika.exceptions import AMQPError, ChannelClosedByBroker
from typer.testing import CliRunner

from contracts import topology
from tools.cli.main import app
from tools.dev.issuer import mint
from tools.runtime.native import rabbitmq
from tools.runtime.native.layout import Layout
from tools.runtime.native.system import System

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Everything but the services."""
    run = tmp_path_factory.mktemp("foundation") / "run"
    with System.up(run, plan="tests.support.small_plan:foundation") as started:
        yield started
    Layout.at(run).wipe()


def channel(system: System, user: str) -> pika.adapters.blocking_connection.BlockingChannel:
    return pika.BlockingConnection(pika.URLParameters(system.broker_url(user))).channel()


def token(system: System, **form: str) -> httpx.Response:
    return httpx.post(f"{system.url('issuer')}/token", data=form)


def batch(
    trace: int, spans: int, alarm_id: str | None = None, parent: bytes = b""
) -> ExportTraceServiceRequest:
    """An export request of one trace, as the SDK sends it."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "alarm"
    scope = resource.scope_spans.add()
    now = time.time_ns()
    for number in range(spans):
        span = scope.spans.add(
            trace_id=trace.to_bytes(16, "big"),
            span_id=(trace * 1000 + number + 1).to_bytes(8, "big"),
            parent_span_id=parent,
            name="send alarm.urgent",
            kind=4,
            start_time_unix_nano=now + number,
            end_time_unix_nano=now + number + 1000,
        )
        span.attributes.add(key="messaging.system").value.string_value = "rabbitmq"
        if alarm_id and number == 0:
            span.attributes.add(key="stalkingalarm.alarm_id").value.string_value = alarm_id
    return request


def test_queues_without_a_type_are_quorum_queues(system: System) -> None:
    admin = channel(system, "admin")
    admin.queue_declare("test.kind", durable=True)
    with pytest.raises(ChannelClosedByBroker, match="quorum"):
        admin.queue_declare("test.kind", durable=True, arguments={"x-queue-type": "classic"})


def test_a_service_cannot_read_what_is_not_its_own(system: System) -> None:
    for queue in ("dispatch.cards", "dispatch.alarms"):
        with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
            channel(system, "reporting").basic_get(queue)


def test_a_service_cannot_write_into_anothers_exchange(system: System) -> None:
    forger = channel(system, "reporting")
    forger.confirm_delivery()
    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        forger.basic_publish("alarm.urgent", "alarm.raised.v1.verified", b"forged", mandatory=True)


def test_only_dispatch_can_bind_to_the_cards(system: System) -> None:
    spy = channel(system, "reporting")
    queue = spy.queue_declare("", exclusive=True).method.queue
    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        spy.queue_bind(queue, topology.REGISTRY_CARDS, "#")


def test_the_broker_has_no_guest(system: System) -> None:
    port = system.layout.ports["amqp"]
    with pytest.raises(AMQPError):
        pika.BlockingConnection(pika.URLParameters(f"amqp://guest:guest@127.0.0.1:{port}/%2F"))


def test_what_a_reader_rejects_too_often_is_parked(system: System) -> None:
    admin, reader = channel(system, "admin"), channel(system, "committee")
    admin.confirm_delivery()
    admin.basic_publish("", "committee.follow-up", b"poison", pika.BasicProperties(delivery_mode=2))
    method = None
    while method is None:
        method, _, _ = reader.basic_get("committee.follow-up")
    reader.basic_reject(method.delivery_tag, requeue=False)
    for _ in range(50):
        got, _, body = admin.basic_get("committee.parking", auto_ack=True)
        if got:
            break
        time.sleep(0.1)
    assert body == b"poison"


def test_messages_survive_a_killed_broker(system: System) -> None:
    admin = channel(system, "admin")
    admin.confirm_delivery()
    admin.basic_publish(
        "alarm.urgent",
        "alarm.raised.v1.unverified",
        b"press",
        pika.BasicProperties(delivery_mode=2),
        mandatory=True,
    )
    system.kill("rabbitmq")
    system.wait_ready("rabbitmq")
    got, _, body = channel(system, "dispatch").basic_get("dispatch.unverified", auto_ack=True)
    assert got is not None
    assert body == b"press"


def test_a_broker_that_lost_its_disk_has_its_topology_by_one_command(system: System) -> None:
    """Users, permissions and policies come with the start; exchanges, queues and bindings from `topology`."""
    environment = {"STALKINGALARM_RUN_DIR": str(system.layout.run)}
    _, node = rabbitmq.specs(system.layout)
    with system.without("rabbitmq"):
        assert CliRunner().invoke(app, ["topology"], env=environment).exit_code == 1
        shutil.rmtree(node.env["RABBITMQ_MNESIA_BASE"])
    with pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel(system, "admin").queue_declare("dispatch.alarms", passive=True)
    for _ in range(2):
        assert CliRunner().invoke(app, ["topology"], env=environment).exit_code == 0
        alarm = channel(system, "alarm")
        alarm.confirm_delivery()
        alarm.basic_publish("alarm.urgent", "alarm.raised.v1.verified", b"press", mandatory=True)
    # What was there when it was declared again stays.
    assert channel(system, "admin").queue_declare("dispatch.alarms", passive=True).method.message_count == 2
    method, _, _ = channel(system, "dispatch").basic_get("dispatch.alarms")
    assert method is not None
    channel(system, "admin").queue_purge("dispatch.alarms")


def test_tokens_of_the_issuer_verify_with_its_published_key(system: System) -> None:
    configuration = httpx.get(f"{system.url('issuer')}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(httpx.get(configuration["jwks_uri"]).json())
    secret = system.layout.secret("client.registry")
    answer = token(
        system,
        grant_type="client_credentials",
        client_id="registry",
        client_secret=secret,
        scope="zone:5415",
    )
    for text in (answer.json()["access_token"], mint("a", ["operator"], layout=system.layout, cic="c")):
        claims = jwt.decode(text, keys, algorithms=["Ed25519"]).claims
        assert (claims["iss"], claims["aud"]) == (configuration["issuer"], "stalkingalarm")
    claims = jwt.decode(answer.json()["access_token"], keys, algorithms=["Ed25519"]).claims
    assert (claims["sub"], claims["roles"], claims["zone"]) == ("registry", ["service"], "5415")


def test_the_tool_mints_what_is_asked_of_it(system: System) -> None:
    keys = KeySet.import_key_set(httpx.get(f"{system.url('issuer')}/jwks.json").json())
    who = ["--role", "secretariat", "--subject", "an", "--partner", "city"]
    where = [("cic", "c-1"), ("zone", "gent-1"), ("unit", str(uuid4())), ("district", "Gent")]
    asked = [word for name, value in where for word in (f"--{name}", value)]
    environment = {"STALKINGALARM_RUN_DIR": str(system.layout.run)}
    answer = CliRunner().invoke(app, ["token", *who, *asked], env=environment)
    claims = jwt.decode(answer.stdout.strip(), keys, algorithms=["Ed25519"]).claims
    assert (claims["sub"], claims["roles"], claims["partner"]) == ("an", ["secretariat"], "city")
    assert [(name, claims[name]) for name, _ in where] == where


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "colour:red"}, "invalid_scope"),
    ],
)
def test_the_issuer_refuses(system: System, change: dict[str, str], error: str) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "registry",
        "client_secret": system.layout.secret("client.registry"),
    }
    answer = token(system, **{**form, **change})
    assert (answer.status_code >= 400, answer.json()["error"]) == (True, error)


@pytest.mark.parametrize("zipped", [True, False])
def test_spans_are_found_by_alarm_and_by_trace(system: System, zipped: bool) -> None:
    trace, alarm = 1000 + zipped, f"alarm-{zipped}"
    body = batch(trace, 3, alarm).SerializeToString()
    headers = PROTOBUF | ({"Content-Encoding": "gzip"} if zipped else {})
    sent = gzip.compress(body) if zipped else body
    assert httpx.post(f"{system.url('collector')}/v1/traces", content=sent, headers=headers).is_success
    by_alarm = httpx.get(f"{system.url('collector')}/api/traces", params={"alarm_id": alarm}).json()
    by_trace = httpx.get(f"{system.url('collector')}/api/traces/{trace:032x}").json()
    assert by_alarm == by_trace
    assert [(span["service"], span["kind"]) for span in by_alarm] == [("alarm", "producer")] * 3
    assert by_alarm[0]["attributes"]["stalkingalarm.alarm_id"] == alarm


def test_what_is_no_batch_is_refused_or_counted_and_stops_nothing(system: System) -> None:
    address = f"{system.url('collector')}/v1/traces"
    assert httpx.post(address, content=b"{}").status_code == 415
    bad_zip = PROTOBUF | {"Content-Encoding": "gzip"}
    assert httpx.post(address, content=b"no", headers=bad_zip).status_code == 400
    httpx.post(address, content=b"\xff\xff", headers=PROTOBUF)
    assert httpx.get(f"{system.url('collector')}/api/traces/{'0' * 32}").status_code == 404
    assert httpx.get(f"{system.url('collector')}/health").json()["undecodable"] == 1
