"""What waits for the broker tells nobody anything who reads the database, and arrives whole in the end."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chassis.database.database import Database, engine_of
from chassis.security.key_rotation import OUTBOX, KeyRotation
from chassis.security.vault import Vault, new_key
from contracts.topology import DISPATCH_CARDS, REGISTRY_CARDS
from services.registry.api import create_app
from services.registry.settings import RegistrySettings
from services.registry.store.encrypted_columns import ENCRYPTED
from tests.support.broker import Broker
from tests.support.builders import a_card
from tests.support.desks import NO_BROKER, Desk, desk, environment
from tests.support.dispatching import GHENT as SOMEWHERE
from tests.support.dispatching import GHENT_ROOM, Dispatch, alarm
from tests.support.dumps import dump, pieces
from tests.support.outboxes import waiting
from tests.support.postgres import Cluster
from tests.support.registry import GHENT, picture
from tests.support.tokens import Issuer
from tests.support.waiting import eventually

OLD, NEW = f"1:{new_key()}", f"2:{new_key()}"
SECRETS = (
    "An Peeters",
    "Jan Claes",
    "Korenmarkt",
    "1-ABC-234",
    "+32470000000",
    "strangling",
    "73519264",
    "second bell",
)
# Longer than what turns up by chance in encrypted bytes.
CODES = {"cancel_code": "73519264", "duress_code": "84620517"}


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.database("registry")


@contextmanager
def registry(issuer: Issuer, url: str, vault_keys: str, broker_url: str = NO_BROKER) -> Iterator[Desk]:
    """The API of a registry on this database."""
    settings = environment(issuer, url, broker_url) | {"vault_keys": vault_keys}
    with desk(create_app(RegistrySettings.model_validate(settings)), issuer, url) as opened:
        yield opened


def written(here: Desk) -> tuple[str, bytes]:
    """A file with a card and a photo; its id, and the photo as it is kept."""
    path = f"/v1/enrolments/{here.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    here.call("PUT", f"{path}/card", a_card(**CODES), **GHENT)
    sent = here.upload(f"{path}/photos?taken_on=2026-01-02", picture(), **GHENT)
    kept = here.answer(f"{path}/photos/{sent.json()['id']}", **GHENT).content
    return path.rpartition("/")[2], kept


def found(url: str, *secrets: str) -> set[tuple[str, str]]:
    """Table and secret, wherever one stands in the database, as text or as bytes."""
    return {
        (table, secret)
        for table, row in dump(url.replace("+psycopg", ""))
        for secret in secrets
        if secret in row or secret.encode().hex() in row
    }


def test_a_dump_finds_no_card_while_the_broker_is_away_and_then_it_arrives_whole(
    issuer: Issuer, url: str, broker: Broker
) -> None:
    with registry(issuer, url, OLD) as here:
        enrolment, photo = written(here)
        assert here.sql(f"SELECT count(*) FROM outbox WHERE exchange = '{REGISTRY_CARDS}'") == [(3,)]
        assert found(url, *SECRETS, *pieces(photo)) == set()
        # The search finds what is there in clear.
        assert found(url, enrolment) != set()
    with registry(issuer, url, OLD, broker.url_of("registry")) as here:
        eventually(lambda: here.sql("SELECT 1 FROM outbox") == [])
    mine = [event for event in waiting(broker, DISPATCH_CARDS) if event.subject == enrolment]
    assert [event.type for event in mine].count("card.published.v1") == 2
    assert all(secret in json.dumps([event.data for event in mine]) for secret in SECRETS)
    (jpeg,) = [event.data["jpeg"] for event in mine if event.type == "photo.published.v1"]
    assert base64.b64decode(jpeg) == photo


def test_what_waits_is_re_encrypted_and_counted_before_its_key_is_dropped(
    issuer: Issuer, url: str, broker: Broker
) -> None:
    with registry(issuer, url, OLD) as here:
        enrolment, _ = written(here)
        audit = here.call("GET", "/v1/audit/keys", role="auditor")
        assert {"column": "outbox.body", "version": 1, "values": 3} in audit["encrypted"]
    settings = environment(issuer, url) | {"vault_keys": f"{OLD},{NEW}"}
    database = Database(engine_of(RegistrySettings.model_validate(settings)), "/services/registry")
    KeyRotation(ENCRYPTED).look(database, Vault(f"{OLD},{NEW}"))
    with database.read() as session:
        assert OUTBOX.counted(session) == {2: 3}
    with registry(issuer, url, NEW, broker.url_of("registry")) as here:
        eventually(lambda: here.sql("SELECT 1 FROM outbox") == [])
    assert enrolment in {event.subject for event in waiting(broker, DISPATCH_CARDS)}


def test_what_no_key_opens_holds_up_nothing_else(issuer: Issuer, url: str, broker: Broker) -> None:
    with registry(issuer, url, OLD) as here:
        written(here)
    with registry(issuer, url, NEW) as here:
        mine, _ = written(here)
    with registry(issuer, url, NEW, broker.url_of("registry")) as here:
        left = f"SELECT count(*) FROM outbox WHERE exchange = '{REGISTRY_CARDS}'"
        eventually(lambda: here.sql(left) == [(3,)] and len(here.sql("SELECT 1 FROM outbox")) == 3)
    assert mine in {event.subject for event in waiting(broker, DISPATCH_CARDS)}


def test_the_location_of_an_alarm_rest_encrypted_too(one_desk: Dispatch) -> None:
    one_desk.policy(GHENT_ROOM, "automatic", amqp=True)
    one_desk.units(GHENT_ROOM, SOMEWHERE, 1)
    with one_desk.context.database.transaction() as tx:
        tx.publish(alarm())
    one_desk.press(alarm())
    sent = one_desk.sql(
        "SELECT exchange, body FROM outbox WHERE exchange IN ('alarm.urgent', 'dispatch.orders')"
    )
    assert {exchange for exchange, _ in sent} == {"alarm.urgent", "dispatch.orders"}
    assert all(str(SOMEWHERE.lat).encode() not in body for _, body in sent)
    assert str(SOMEWHERE.lat).encode() in b"".join(one_desk.waiting())
    # What is nobody's business is not encrypted: most of what there is.
    rest = one_desk.sql("SELECT body FROM outbox WHERE exchange = 'dispatch.events'")
    assert rest
    assert all(body.startswith(b"{") for (body,) in rest)
