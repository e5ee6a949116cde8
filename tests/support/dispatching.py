"""Dispatch under test, without processes: real database and map, use cases called as the worker does."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID, uuid4

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from chassis.database.database import Transaction
from chassis.messaging import outbox
from chassis.messaging.outbox import Outgoing
from chassis.security.principal import Principal
from chassis.security.vault import Vault, new_key
from contracts.alarm import SIGNED_AS, AlarmRaised, alarm_id_of
from contracts.common import Fix
from contracts.envelope import Event, Payload, wrap
from contracts.registry import CardPublished, DeviceChanged, EnrolmentChanged, PhotoPublished
from contracts.topology import DISPATCH_REGISTRY
from services.dispatch.bootstrap import DISPATCH, context_of
from services.dispatch.domain.unit_index import UnitIndex
from services.dispatch.domain.units import NewUnit
from services.dispatch.events.outgoing import IncidentChanged
from services.dispatch.schemas.control_rooms import ControlRoomIn
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.situation import Situation
from services.dispatch.usecases import control_rooms, escalate, room_webhooks
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.handle_events import take
from services.dispatch.usecases.raise_alarms.batch import raise_alarms
from services.dispatch.usecases.units import put_units
from tests.support.days import today
from tests.support.postgres import delete_rows
from tools.simulation import jose

GHENT = Fix(lat=51.0543, lon=3.7174, radius_m=12)
BRUSSELS = Fix(lat=50.8466, lon=4.3528, radius_m=12)
P = ParamSpec("P")
R = TypeVar("R")

GHENT_ROOM, BRUSSELS_ROOM = "cic-oost-vlaanderen", "cic-brussel"


def context_on(database_url: str, **settings: Any) -> Context:
    """A process's means over a fresh database."""
    whole = DispatchSettings.model_validate(
        {
            "environment": "development",
            "database_url": database_url,
            "broker_url": "amqp://nobody:x@127.0.0.1:1/none",
            "vault_keys": f"1:{new_key()}",
            "audit_key": new_key(),
            "oidc_issuer": "http://127.0.0.1:1",
            "oidc_jwks_url": "http://127.0.0.1:1",
            "partner_networks": ["127.0.0.0/8"],
            "webhook_hosts": ["cad.example"],
            **settings,
        }
    )
    return context_of(whole, DISPATCH.database(whole), Vault(whole.vault_keys.get_secret_value()))


def act(
    context: Context,
    use_case: Callable[Concatenate[Transaction, Context, P], R],
    *args: P.args,
    **given: P.kwargs,
) -> R:
    """Call a use case in a unit of work, as an edge does."""
    with context.database.transaction() as tx:
        return use_case(tx, context, *args, **given)


def set_up(
    context: Context,
    use_case: Callable[Concatenate[Transaction, Context, P], R],
    *args: P.args,
    **given: P.kwargs,
) -> R:
    """Do the same with what this process takes over at once."""
    result = act(context, use_case, *args, **given)
    context.situation.refresh_from(context.database)
    return result


class Dispatch:
    """One dispatch with the means to press, to let time pass and to look."""

    def __init__(self, context: Context) -> None:
        self.context = context
        # Reading the map takes as long as a whole example of a property.
        self._situation = _copied(context.situation)

    def wipe(self) -> None:
        """Begin anew on the same tables."""
        delete_rows(
            self.context.database,
            *("incidents", "presses", "orders", "due", "inbox", "outbox"),
            *("units", "control_rooms", "webhook_proposals"),
        )
        self.context = replace(self.context, situation=_copied(self._situation))

    def policy(self, room: str, policy: str, **more: Any) -> None:
        """Set a control room's policy, and its webhook as two people do."""
        body = ControlRoomIn.model_validate({"policy": policy, **more})
        wanted = body.webhook()
        if wanted is not None:
            room_webhooks.refuse_wrong(self.context, wanted)
        set_up(self.context, control_rooms.set_policy, room, policy, amqp=body.amqp)
        admin, supervisor = (Principal(role, frozenset({role})) for role in ("admin", "supervisor"))
        if wanted and (proposed := act(self.context, room_webhooks.propose, room, wanted, admin)):
            set_up(self.context, room_webhooks.confirm, room, proposed.id, supervisor)

    def refresh(self) -> None:
        """Take over what changed meanwhile, as every process does each second."""
        self.context.situation.refresh_from(self.context.database)

    def units(self, room: str, near: Fix, count: int, prefix: str = "u") -> list[str]:
        """Units north of a place, the nearest first."""
        units = [
            NewUnit(
                unit_id=f"{prefix}{n}",
                callsign=f"{prefix.upper()} {n}",
                zone_id="gent-1",
                control_room_id=room,
                lat=near.lat + 0.002 * (n + 1),
                lon=near.lon,
                available=True,
            )
            for n in range(count)
        ]
        set_up(self.context, put_units, units)
        return [unit.unit_id for unit in units]

    def press(self, *alarms: AlarmRaised) -> None:
        """Presses as one batch from the broker, of devices that are known here."""
        self.know(*{UUID(alarm.device_id) for alarm in alarms if alarm.lane == "verified"})
        self.press_as_told(*alarms)

    def know(self, *devices: UUID) -> None:
        """What the registry said of devices, unless it said so already."""
        with self.context.database.read() as session:
            connection: psycopg.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
            know(connection, *devices)
            session.commit()

    def press_as_told(self, *alarms: AlarmRaised) -> None:
        """Presses as one batch from the broker."""
        act(self.context, raise_alarms, [(alarm.alarm_id, alarm, None) for alarm in alarms])

    def pass_time(self, seconds: float, failing: int = 0) -> int:
        """Let every due row come `seconds` nearer and act on what is due; how many acts were done.

        `failing`: so many timers are to fail.
        """
        self.do("UPDATE due SET due_at = due_at - make_interval(secs => :s)", s=seconds)
        done = escalate.act_on_due(self.context)
        assert self.sql("SELECT count(*) FROM due WHERE failures > 0") == [(failing,)]
        return done

    def nobody_answers(self, room: str) -> str:
        """The whole ladder of a room's alarms passes; the neighbour that hears of them last."""
        for _ in range(3):
            self.pass_time(20.1)
        return self.context.situation.rooms[room].neighbours[0]

    def do(self, statement: str, **values: Any) -> None:
        """Change what stands in the database."""
        with self.context.database.read() as session:
            session.execute(text(statement), values)
            session.commit()

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        with self.context.database.read() as session:
            connection: psycopg.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
            return connection.execute(statement.encode()).fetchall()

    def published(self, kind: str) -> list[dict[str, Any]]:
        """The data of events of one type that wait in the outbox."""
        return [event.data for event in map(Event.decode, self.waiting()) if event.type == kind]

    def waiting(self) -> list[bytes]:
        """What waits in the outbox, as it will travel."""
        rows = self.sql("SELECT id, body FROM outbox ORDER BY created_at, id")
        return [outbox.clear(self.context.vault, event_id, body) for event_id, body in rows]


def _copied(situation: Situation) -> Situation:
    """One with the same map and rooms, and no units."""
    fresh = copy(situation)
    fresh.units, fresh.known, fresh.rooms = UnitIndex(), {}, dict(situation.rooms)
    return fresh


def know(connection: psycopg.Connection, *devices: UUID) -> None:
    """What the registry said of devices, unless it said so already."""
    for device in sorted(devices):
        connection.execute(
            "INSERT INTO devices (id, enrolment_id, public_key, status, version) "
            "VALUES (%s, %s, %s, 'active', 0) ON CONFLICT DO NOTHING",
            (device, device, public_key_of(device)),
        )


def key_of(device: UUID) -> Ed25519PrivateKey:
    """The key of a device: always the same one."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(device.bytes).digest())


def public_key_of(device: UUID) -> str:
    """The public half as the registry tells it."""
    return jose.public_key(key_of(device))


def signed_by(device: UUID, payload: dict[str, Any], typ: str | None = SIGNED_AS["press"]) -> str:
    """A compact JWS of this device."""
    return jose.sign(key_of(device), str(device), payload, typ)


def alarm(
    device: UUID | None = None,
    counter: int = 1,
    fix: Fix | None = GHENT,
    lane: str = "verified",
    received_at: datetime | None = None,
    source: str | None = None,
) -> AlarmRaised:
    """A press as the alarm service raises it."""
    device = device or uuid4()
    at = received_at or datetime.now(UTC)
    signed = {"device_id": str(device), "counter": counter}
    if fix is not None:
        signed["fix"] = fix.model_dump(mode="json")
    proof = signed_by(device, signed) if lane == "verified" else None
    return AlarmRaised.model_validate(
        {
            "content": hashlib.sha256(json.dumps(signed).encode()).hexdigest(),
            "proof": proof,
            "alarm_id": alarm_id_of(device, counter),
            "device_id": str(device),
            "counter": counter,
            "lane": lane,
            "source": source,
            "received_at": at,
            "deadline_at": at + timedelta(seconds=5),
            "fix": fix,
            "hops": {"received": at},
        }
    )


class Bell:
    """Stands where the relay stands, and keeps what it would send."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        self.bodies += [each.body for each in outgoing if not each.durable]

    def rung(self) -> list[IncidentChanged]:
        return [IncidentChanged.model_validate(Event.decode(body).data) for body in self.bodies]


def everything_known(desk: Dispatch, text_of_it: str) -> tuple[UUID, UUID, UUID]:
    """A device, its enrolment and a photo, with `text_of_it` in every text of the card; the photo is there."""
    device, enrolment, photo = uuid4(), uuid4(), uuid4()
    at, said = datetime.now(UTC), {"text": text_of_it, "source": text_of_it}
    card = {
        "victim": dict.fromkeys(("name", "phone", "description"), text_of_it),
        "languages": ["nl"],
        "perpetrators": [
            {
                "ref": uuid4(),
                "name": text_of_it,
                "violence": [said],
                "weapons": [said],
                "vehicles": [{**said, "plate": text_of_it}],
            }
        ],
        "measures": [{"kind": text_of_it}],
        "addresses": [{"kind": "home", "text": text_of_it, "access_notes": text_of_it}],
        "photos": [{"photo_id": photo, "taken_on": today()}],
        **dict.fromkeys(("dogs", "children", "hearing_or_disability", "notes"), text_of_it),
    }
    values = {"enrolment_id": enrolment, "managing_zone_id": "gent-1"}
    codes = {"cancel_code": "1234", "duress_code": "4321"}
    jpeg = base64.b64encode(f"jpeg {text_of_it}".encode()).decode()
    tell(
        desk.context,
        EnrolmentChanged.model_validate({**values, "status": "active", "changed_at": at}),
        DeviceChanged.model_validate(
            {
                **values,
                "device_id": device,
                "public_key": public_key_of(device),
                "status": "active",
                "version": 1,
                "changed_at": at,
            }
        ),
        CardPublished.model_validate({**values, **codes, "version": 1, "card": card, "published_at": at}),
        PhotoPublished(enrolment_id=enrolment, photo_id=photo, card_version=1, jpeg=jpeg),
    )
    return device, enrolment, photo


def tell(context: Context, *payloads: Payload) -> None:
    """Events as the worker takes them in."""
    act(context, take, DISPATCH_REGISTRY, [(wrap(each, source="/test"), None) for each in payloads])


def order_id(desk: Dispatch, state: str = "sent") -> UUID:
    """The one order in a state."""
    (row,) = desk.sql(f"SELECT id FROM orders WHERE state = '{state}'")
    return UUID(str(row[0]))
