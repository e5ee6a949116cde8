"""Both services with their workers on a real broker: a grant and a test press switch an alarm on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pika
import pytest
from fastapi import FastAPI

from chassis.security.audit import Signer
from chassis.security.vault import new_key, public_key
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed, TestRouted
from contracts.envelope import CONTENT_TYPE, Event, wrap
from contracts.topology import DISPATCH_EVENTS, REGISTRY_TESTS, REPORTING_ATTENTION
from services.committee.api import create_app as committee_app
from services.committee.settings import CommitteeSettings
from services.registry.api import create_app as registry_app
from services.registry.settings import RegistrySettings
from tests.support.broker import Broker
from tests.support.builders import a_card_of_today
from tests.support.committee import SECRETARY, about, in_force, meeting, provisional, urgent
from tests.support.desks import Desk, desk, environment
from tests.support.outboxes import waiting
from tests.support.postgres import Cluster
from tests.support.registry import GHENT
from tests.support.registry_news import told
from tests.support.serving import Serving
from tests.support.tokens import Issuer
from tests.support.waiting import eventually
from tests.support.worker import Worker
from tools.auditing.verify import verify_all

KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
APIS: dict[str, Callable[[dict[str, str]], FastAPI]] = {
    "registry": lambda variables: registry_app(RegistrySettings.model_validate(variables)),
    "committee": lambda variables: committee_app(CommitteeSettings.model_validate(variables)),
}


def worker(service: str, variables: dict[str, str], folder: Path) -> Worker:
    """The service's worker as production starts it."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name.upper(), value)
        return Worker(f"services.{service}.worker", variables["broker_url"], folder)


@contextmanager
def running(cluster: Cluster, broker: Broker, folder: Path) -> Iterator[tuple[Desk, Desk]]:
    """Registry and committee, each with its API, its worker and its own broker user."""
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer())
        desks = []
        for service, make in APIS.items():
            variables = environment(issuer, cluster.database(service), broker.url_of(service))
            stack.enter_context(worker(service, variables, folder / service))
            desks.append(stack.enter_context(desk(make(variables), issuer, variables["database_url"])))
        yield desks[0], desks[1]


def send(broker: Broker, *events: Event) -> None:
    """Publish as dispatch does."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.url_of("dispatch")))
    channel = connection.channel()
    channel.confirm_delivery()
    for event in events:
        properties = pika.BasicProperties(content_type=CONTENT_TYPE, delivery_mode=2, message_id=str(event.id))
        channel.basic_publish(DISPATCH_EVENTS, event.type, event.encode(), properties, mandatory=True)
    connection.close()


def routed(device: str) -> Event:
    """The news that a test press of a device came all the way."""
    at = datetime.now(UTC)
    payload = TestRouted(
        test_id=uuid4(), device_id=UUID(device), control_room_id="cic", received_at=at, routed_at=at
    )
    return wrap(payload, source="/services/dispatch")


def closed(enrolment: str, outcome: Outcome) -> Event:
    """The news that an incident ended."""
    payload = IncidentClosed(
        incident_id=uuid4(),
        at=datetime.now(UTC),
        control_room_id="cic",
        enrolment_id=UUID(enrolment),
        outcome=outcome,
        closed_by="unit",
    )
    return wrap(payload, source="/services/dispatch")


def papers(registry: Desk) -> tuple[str, str]:
    """A file with all that the zone itself can do; file and device."""
    enrolment = registry.call("POST", "/v1/enrolments", status=201, **GHENT)["id"]
    file = f"/v1/enrolments/{enrolment}"
    registry.call("PUT", f"{file}/card", a_card_of_today(), **GHENT)
    registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.1"}, **GHENT)
    registry.call("POST", f"{file}/convention", {"signed_on": "2026-01-02", "by": "An"}, **GHENT)
    body = {"public_key": KEY, "button_serial": "B-1", "phone_number": "+32470000000"}
    return enrolment, registry.call("POST", f"{file}/devices", body, status=201, **GHENT)["id"]


def ratified(committee: Desk, path: str, protocol_id: str) -> None:
    """The committee grants what the magistrate granted."""
    body = {"meeting_id": meeting(committee, protocol_id, about(path)), "reasons": "all three elements"}
    committee.call("POST", f"{path}/grant", body, **SECRETARY)


def test_the_registry_keeps_what_reporting_signs_of_its_audit_log(
    cluster: Cluster, broker: Broker, tmp_path: Path
) -> None:
    """Who holds reporting's key and database can write its log anew, and what it witnessed of itself."""
    key, at = new_key(), datetime.now(UTC)
    signed = Signer("reporting", key).seal(7, "00ff", at)
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer())
        variables = environment(issuer, cluster.database("registry"), broker.url_of("registry"))
        stack.enter_context(worker("registry", variables, tmp_path / "registry"))
        registry = stack.enter_context(desk(APIS["registry"](variables), issuer, variables["database_url"]))
        connection = pika.BlockingConnection(pika.URLParameters(broker.url_of("reporting")))
        body = wrap(signed, source="/services/reporting").encode()
        for _ in range(2):
            connection.channel().basic_publish(signed.EXCHANGE, signed.routing_key, body)
        connection.close()

        def kept() -> Any:
            return registry.call("GET", "/v1/audit/witness/reporting", role="auditor")

        eventually(kept)
        assert [(each["position"], each["hash"]) for each in kept()] == [(7, "00ff")]
        # Reporting shows a log of which nothing is left, and a witness of itself that knows of nothing.
        empty = FastAPI()

        def nothing() -> list[str]:
            return []

        for path in ("entries", "seals", "witness/registry"):
            empty.get(f"/v1/audit/{path}")(nothing)
        empty.get("/v1/audit/state")(lambda: {"oldest_unchained_at": None})
        reporting = stack.enter_context(Serving(empty))
        witness = stack.enter_context(Serving(APIS["registry"](variables)))
        places = {
            "reporting": {"url": reporting.url, "public_key": public_key(key)},
            "registry": {"url": witness.url, "public_key": public_key(variables["audit_key"])},
        }
        token = issuer.token("auditor")
        [found, _] = verify_all(places, token)
        assert any("the log ends at 0" in problem for problem in found.problems), found.problems


def test_from_application_to_review(cluster: Cluster, broker: Broker, tmp_path: Path) -> None:
    with running(cluster, broker, tmp_path) as (registry, committee):
        enrolment, device = papers(registry)
        file = f"/v1/enrolments/{enrolment}"

        def missing() -> Any:
            return registry.call("GET", file, **GHENT)["missing"]

        assert missing() == ["grant", "test_press"]
        protocol_id = in_force(committee)
        # Provisionally: that is enough to switch the alarm on.
        path = provisional(committee, urgent(protocol_id) | {"enrolment_id": enrolment})
        eventually(lambda: missing() == ["test_press"])
        test = routed(device)
        broken = test.model_copy(update={"id": uuid4(), "data": {"device_id": device}})
        send(broker, broken, test, test, routed(str(uuid4())))
        eventually(lambda: missing() == [])
        assert registry.call("POST", f"{file}/activate", **GHENT)["status"] == "active"

        # What cannot be read stands in the service's parking queue, and nothing is left to send.
        eventually(lambda: broken.id in {e.id for e in waiting(broker, "registry.parking")})
        # Somebody is told: reporting reads that queue.
        eventually(
            lambda: any(e.data.get("queue") == REGISTRY_TESTS for e in waiting(broker, REPORTING_ATTENTION))
        )
        eventually(lambda: registry.sql("SELECT 1 FROM outbox") + committee.sql("SELECT 1 FROM outbox") == [])

        real = closed(enrolment, Outcome.ARREST)
        accidental = closed(enrolment, Outcome.ACCIDENTAL)
        send(broker, real, real, accidental)

        def causes() -> list[str]:
            return [row["cause"] for row in committee.call("GET", "/v1/reviews", **SECRETARY)]

        eventually(lambda: "real_alarm" in causes())
        # Other tests may have left messages in the same queue: these two count.
        both = f"SELECT 1 FROM inbox WHERE event_id IN ('{real.id}', '{accidental.id}')"
        eventually(lambda: len(committee.sql(both)) == 2)
        assert causes() == ["real_alarm"]
        ratified(committee, path, protocol_id)
        assert causes() == ["real_alarm", "periodic", "end"]
        # Neither the committee's late word nor its end switches the alarm off by itself.
        eventually(lambda: committee.sql("SELECT 1 FROM outbox") == [])
        eventually(
            lambda: (
                registry.sql(
                    f"SELECT 1 FROM received_decisions WHERE ends_on > now() AND enrolment_id = '{enrolment}'"
                )
                != []
            )
        )
        assert registry.call("GET", file, **GHENT)["status"] == "active"
        # Which zones there are comes from dispatch too.
        news = told(7, ("aalst-1", "Aalst 1", "Alost 1"))
        send(broker, news, news)
        eventually(lambda: registry.sql("SELECT number FROM zones") == [(7,)])
        assert registry.call("POST", "/v1/enrolments", status=422, **GHENT)["field"] == "zone"
