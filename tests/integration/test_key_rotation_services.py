"""What each service encrypts is re-encrypted: every column is declared, as its declaration says."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry import trace
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from chassis.database.columns import table_of
from chassis.database.database import Database, engine_of
from chassis.security.key_rotation import EncryptedColumn, KeyRotation
from chassis.security.principal import Principal
from chassis.security.vault import Vault, new_key
from contracts.common import Fix, Outcome
from contracts.registry import Card, CardPublished, Person, PhotoPublished
from services.alarm import models as alarm_models
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.settings import AlarmSettings
from services.alarm.store import encrypted_columns as alarm_columns
from services.alarm.usecases import record_presses
from services.committee import models as committee_models
from services.committee.api import create_app
from services.committee.settings import CommitteeSettings
from services.committee.store import encrypted_columns as committee_columns
from services.dispatch import models as dispatch_models
from services.dispatch.domain.webhooks import NewWebhook
from services.dispatch.store import encrypted_columns as dispatch_columns
from services.dispatch.usecases import room_webhooks, send_unit
from services.dispatch.usecases.incident_actions import close_incident
from services.dispatch.usecases.order_actions import move_order
from services.dispatch.usecases.registry_projection import take_card, take_photo
from services.registry import models as registry_models
from services.registry.store import encrypted_columns as registry_columns
from services.reporting import models as reporting_models
from tests.support import dispatching
from tests.support.builders import a_protocol, a_referral
from tests.support.committee import (
    SECRETARY,
    about,
    declare_conflict,
    granted,
    in_force,
    meeting,
    member_of,
    recorded,
    submitted,
    whole,
)
from tests.support.desks import Desk, desk, environment
from tests.support.dispatching import act
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

OLD, NEW = f"1:{new_key()}", f"2:{new_key()}"
BOTH = f"{OLD},{NEW}"


def under(database: Database, encrypted: Sequence[EncryptedColumn]) -> dict[str, Counter[int]]:
    """How many values of each column stand under each key version."""
    with database.read() as session:
        return {each.name: each.counted(session) for each in encrypted}


def rotated(database: Database, encrypted: Sequence[EncryptedColumn]) -> None:
    """Every column holds something; what the service encrypted opens where the declaration says it belongs."""
    before = under(database, encrypted)
    assert all(before.values()), before
    KeyRotation(encrypted).look(database, Vault(BOTH))
    assert under(database, encrypted) == {name: Counter({2: counts[1]}) for name, counts in before.items()}


@pytest.mark.parametrize(
    ("models", "encrypted", "other"),
    [
        (registry_models, registry_columns.ENCRYPTED, {"search_pieces.piece"}),  # keyed digests of another key
        (alarm_models, alarm_columns.ENCRYPTED, set()),
        (dispatch_models, dispatch_columns.ENCRYPTED, set()),
        (committee_models, committee_columns.ENCRYPTED, set()),
        (reporting_models, (), set()),
    ],
)
def test_every_column_of_bytes_is_declared(
    models: Any, encrypted: Sequence[EncryptedColumn], other: set[str]
) -> None:
    rows = [
        each
        for each in vars(models).values()
        if isinstance(each, type) and issubclass(each, SQLModel) and hasattr(each, "__table__")
    ]
    assert rows
    columns = {
        f"{table_of(row).name}.{column.name}"
        for row in rows
        for column in table_of(row).columns
        if isinstance(column.type, LargeBinary)
    }
    assert {each.name for each in encrypted} == columns - other


@pytest.fixture
def committee(cluster: Cluster, issuer: Issuer) -> Iterator[tuple[Desk, Database]]:
    """A committee with a chain approach that nobody answers at."""
    chain = {"url": "http://127.0.0.1:1", "token": "t", "secret": "whsec_" + "QUJD" * 8}
    url = cluster.database("committee")
    settings = CommitteeSettings.model_validate(
        environment(issuer, url)
        | {"vault_keys": OLD}
        | {f"chain_approach_{name}": value for name, value in chain.items()}
    )
    with desk(create_app(settings), issuer, url) as opened:
        yield opened, Database(engine_of(settings), "/services/committee")


def test_committee(committee: tuple[Desk, Database], issuer: Issuer) -> None:
    here, database = committee
    url = database.engine.url.render_as_string(hide_password=False)
    protocol = in_force(here, a_protocol(shared_fields={"ketenaanpak": ["risk_level", "elements"]}))
    path = submitted(here, body := whole(protocol))
    opinion = {"advice": "grant", "shared": "what all may know", "kept": "what we keep"}
    here.call("PUT", f"{path}/opinion", opinion, role="committee", partner="police", district="Gent")
    declare_conflict(here, path, "hans", "uncle")
    granted(here, protocol, path)
    (review,) = (
        each
        for each in here.call("GET", "/v1/reviews?limit=500", **SECRETARY)
        if (each["enrolment_id"], each["cause"]) == (body["enrolment_id"], "periodic")
    )
    held = meeting(here, protocol, {"review_id": review["id"]})
    values = {
        "meeting_id": held,
        "outcome": "chain_approach",
        "reasons": "needs more",
        "referral": a_referral(),
    }
    here.call("POST", f"/v1/reviews/{review['id']}/hold", values, **SECRETARY)
    waits = meeting(here, protocol, about(submitted(here, whole(protocol))), people=(("bert", "police"),))
    recorded(here, waits, "carla", "parket")
    late = here.call("GET", f"/v1/meetings/{waits}", **SECRETARY)["agenda"][0]["application_id"]
    values = {"meeting_id": waits, "reasons": "all three"}
    here.call("POST", f"/v1/applications/{late}/grant", values, status=202, **SECRETARY)
    members = f"/v1/protocols/{protocol}/members"
    places = (members, path, f"{path}/opinions", f"{path}/history", f"{path}/handovers", f"/v1/meetings/{held}")
    before = [here.call("GET", each, **SECRETARY) for each in places]
    assert about(path)["application_id"] in str(before)
    rotated(database, committee_columns.ENCRYPTED)
    # As it is read by a process that knows both keys, and by one that knows the new one alone.
    for vault_keys in (BOTH, NEW):
        settings = environment(issuer, url) | {"vault_keys": vault_keys}
        with desk(create_app(CommitteeSettings.model_validate(settings)), issuer, url) as after:
            assert [after.call("GET", each, **SECRETARY) for each in places] == before
            if vault_keys == NEW:
                after.call("POST", f"/v1/meetings/{waits}/presence", **member_of("carla", "parket"))
                assert after.call("GET", f"/v1/applications/{late}", **SECRETARY)["state"] == "granted"


def test_dispatch(cluster: Cluster) -> None:
    url = cluster.database("dispatch")
    here = dispatching.Dispatch(dispatching.context_on(url, vault_keys=OLD))
    here.refresh()
    enrolment, photo, now = uuid4(), uuid4(), datetime.now(UTC)
    card = Card(victim=Person(name="An"), languages=("nl",))
    codes = {"cancel_code": "1234", "duress_code": "4321"}
    published = CardPublished(
        enrolment_id=enrolment, version=1, managing_zone_id="gent-1", card=card, published_at=now, **codes
    )
    with here.context.database.transaction() as tx:
        take_card(tx, here.context, published)
        take_photo(
            tx,
            here.context,
            PhotoPublished(enrolment_id=enrolment, photo_id=photo, card_version=2, jpeg="QUJD"),
        )
    wanted = {
        "policy": "proposed",
        "webhook_url": "https://cad.example/",
        "webhook_secret": "whsec_" + "QUJD" * 8,
    }
    here.policy(dispatching.GHENT_ROOM, **wanted)
    # And one that waits.
    by = Principal("admin", frozenset({"admin"}))
    waiting = NewWebhook(wanted["webhook_url"], wanted["webhook_secret"])
    act(here.context, room_webhooks.propose, dispatching.GHENT_ROOM, waiting, by)
    here.units(dispatching.GHENT_ROOM, dispatching.GHENT, 2)
    press, over = dispatching.alarm(), dispatching.alarm()
    here.press(press, over)
    # Of a device that is not known here: what it signed waits.
    here.press_as_told(dispatching.alarm())
    declined = act(here.context, send_unit.send, press.alarm_id, None)
    act(here.context, move_order, declined.id, "crew", "declined", "the car broke down")
    act(
        here.context,
        close_incident,
        over.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="seen safe",
    )
    rotated(here.context.database, dispatch_columns.ENCRYPTED)
    after = dispatching.context_on(url, vault_keys=NEW)
    with after.database.read() as session:
        stored = session.get(dispatch_models.CardRow, enrolment)
        incident = session.get(dispatch_models.IncidentRow, press.alarm_id)
        closed = session.get(dispatch_models.IncidentRow, over.alarm_id)
        order = session.get(dispatch_models.OrderRow, declined.id)
    assert stored is not None
    assert incident is not None
    assert stored.encrypted is not None
    assert after.decrypt_card(enrolment, stored.encrypted) is not None
    assert after.decrypt_fix(incident) == dispatching.GHENT
    for row, told in ((closed, "seen safe"), (order, "the car broke down")):
        assert row is not None
        assert row.encrypted_reason is not None
        assert after.decrypt_reason(row.id, row.encrypted_reason) == told


def test_alarm(cluster: Cluster, issuer: Issuer) -> None:
    more = {"dispatch_url": "http://127.0.0.1:1", "service_token": "development-t", "vault_keys": OLD}
    settings = AlarmSettings.model_validate(environment(issuer, cluster.database("alarm")) | more)
    database = Database(engine_of(settings), "/services/alarm")
    presses = {each.alarm_id: each for each in (dispatching.alarm(counter=n) for n in range(3))}
    with database.transaction() as tx:
        record_presses.record(tx, presses, Vault(OLD), trace.INVALID_SPAN)
    rotated(database, alarm_columns.ENCRYPTED)
    with database.read() as session:
        for alarm_id in presses:
            row = session.get(alarm_models.PressRow, alarm_id)
            assert row is not None
            opened = Vault(NEW).decrypt(evidence_associated_data(alarm_id), row.evidence)
            assert Fix.model_validate(opened["fix"]) == dispatching.GHENT
