"""What the registry's tests do at the desk of a zone, and what they have it hear from the other services."""

import base64
import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from PIL import Image
from sqlmodel import col, select

from chassis.database.database import Database
from contracts.committee import AlarmEnding, AlarmGranted, AlarmRefused
from contracts.dispatch import TestRouted
from contracts.envelope import wrap
from services.registry.events import incoming as events
from services.registry.models import GrantRow
from services.registry.usecases import devices, files
from tests.support.builders import a_card_of_today
from tests.support.days import today
from tests.support.desks import Desk, Who

GHENT: Who = {"role": "file_manager", "zone": "ghent", "sub": "mieke"}
AALST: Who = {"role": "file_manager", "zone": "aalst", "sub": "tom"}
LIEGE: Who = {"role": "file_manager", "zone": "liege"}
SUPERVISOR: Who = {"role": "supervisor", "sub": "rita"}
WHY = {"reason": "she is abroad until Monday"}


def with_page(registry: Desk) -> tuple[str, str]:
    """A new file of Ghent: its address in the API, and that of its page."""
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    return file, file.replace("/v1/", "/desk/")


def identity(path: str) -> UUID:
    """The id at the end of a path."""
    return UUID(path.rpartition("/")[2])


def device_body() -> dict[str, Any]:
    """A key, a button that no stock has and a number. Any 32 bytes have the form of an Ed25519 public key."""
    key = base64.urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
    named = {"button_serial": f"B-{uuid4()}", "not_in_stock": True}
    return {"public_key": key, "phone_number": "+32470123456", **named}


def issued(registry: Desk, file: str, **changes: str) -> str:
    """A device is issued in a file; gives its id."""
    return str(registry.call("POST", f"{file}/devices", device_body() | changes, status=201, **GHENT)["id"])


def grant(database: Database, enrolment: UUID, ends_in_days: int = 180) -> None:
    """The committee grants an alarm, and the registry hears of it."""
    granted = AlarmGranted(
        enrolment_id=enrolment,
        application_id=uuid4(),
        protocol_id=uuid4(),
        protocol_version=1,
        decision_id=uuid4(),
        procedure="ordinary",
        decided_at=datetime.now(UTC),
        review_on=today(),
        ends_on=today(ends_in_days),
    )
    row = events.decision(wrap(granted, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.record_decision(tx, row)


def press_test(database: Database, device_id: str, at: datetime | None = None) -> None:
    """Dispatch heard the test press of a device."""
    at = at or datetime.now(UTC)
    routed = TestRouted(
        test_id=uuid4(), device_id=UUID(device_id), control_room_id="cic", received_at=at, routed_at=at
    )
    test = events.passed_test(wrap(routed, source="/services/dispatch"))
    assert test is not None
    with database.transaction() as tx:
        devices.record_test(tx, *test)


def complete(registry: Desk, database: Database, file: str, but: frozenset[str] = frozenset()) -> str | None:
    """Do all that activation needs except what `but` names; gives the device."""
    enrolment, device = identity(file), None
    if "police_report" not in but:
        registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.37.L1.9/2026"}, **GHENT)
    if "convention" not in but:
        signed = {"signed_on": "2026-01-02", "by": "An Peeters"}
        registry.call("POST", f"{file}/convention", signed, **GHENT)
    if "card" not in but:
        registry.call("PUT", f"{file}/card", a_card_of_today(), **GHENT)
    if "grant" not in but:
        grant(database, enrolment)
    if "device" not in but:
        device = issued(registry, file)
        if "test_press" not in but:
            press_test(database, device)
    return device


def to_end(database: Database, enrolment: UUID) -> None:
    """The committee wants every granted alarm of this enrolment ended."""
    with database.read() as session:
        decided = session.exec(select(GrantRow).where(col(GrantRow.enrolment_id) == enrolment)).all()
    for row in decided:
        ending = AlarmEnding(
            enrolment_id=enrolment,
            application_id=row.application_id,
            cause="review",
            decided_at=row.decided_at + timedelta(seconds=1),
        )
        refused = AlarmRefused(
            enrolment_id=enrolment,
            application_id=row.application_id,
            decision_id=uuid4(),
            decided_at=ending.decided_at,
        )
        for event in (ending, refused, ending):  # in any order, and twice
            found = events.decision(wrap(event, source="/services/committee"))
            assert found is not None
            with database.transaction() as tx:
                files.record_decision(tx, found)


def picture(kind: str = "JPEG", size: tuple[int, int] = (1200, 900)) -> bytes:
    """A picture with the place where it was taken, and upside down."""
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010E] = "canary of the camera"
    exif.get_ifd(0x8825)[2] = (51.0, 3.0, 0.0)
    out = BytesIO()
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((0, 0, 255), (0, 0, size[0], size[1] // 2))
    image.save(out, kind, exif=exif)
    return out.getvalue()


LIST = """reference,victim_name,cancel_code,duress_code,perpetrator_name,weapons,home_address,pv_number
A-1,Els Maes,2468,1357,Rik Bal,knife|hammer,"Kouter 1, Gent",GE.1/2025
A-2,Nele Claes,1111,2222,,,,
"""
