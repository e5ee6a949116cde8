"""Devices of files, and the stock that they come from."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, ConfigDict

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from contracts.registry import DeviceStatus
from contracts.values import same_serial
from services.registry.domain.stock import StockKind, StockMove
from services.registry.schemas.common import In, Phone, Text


def _ed25519(value: str) -> str:
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error):
        raise ValueError("must be an Ed25519 public key: 32 bytes, base64url") from None
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# One thing has one number, however it is typed.
SerialNumber = Annotated[Text, AfterValidator(same_serial)]
PublicKey = Annotated[str, AfterValidator(_ed25519)]


class DeviceIn(In):
    """A button and a phone that were matched at the desk; the phone made its key itself.

    The button is named by the number on it or as an item of the stock; a phone of the zone's as such an item.
    Where the zone keeps a stock, a number that it does not know is meant only with `not_in_stock`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                    "button_serial": "BTN-000123",
                    "phone_number": "+32470000000",
                }
            ]
        }
    )

    public_key: PublicKey
    button_serial: SerialNumber | None = None
    phone_number: Phone
    button_item_id: UUID | None = None
    phone_item_id: UUID | None = None
    not_in_stock: bool = False


class DeviceOut(RowOut):
    """A device of the file. `tested_at`: its last test press that came through since it is in use."""

    id: UUID
    enrolment_id: UUID
    status: DeviceStatus
    button_serial: Annotated[str, Personal(Group.DEVICE)]
    version: int
    issued_at: datetime
    tested_at: datetime | None


class MovedOut(DeviceOut):
    """A device that was moved.

    `unprotected`: its alarm is to be on and nothing of it works; `missing`: what it lacks.
    """

    unprotected: bool
    missing: tuple[str, ...]


# Path segment of each move of an item that needs nothing to be said.
STOCK_PATHS: dict[StockMove, str] = {"report_lost": "report-lost", "find": "found", "retire": "retire"}


class StockIn(In):
    """A button or a phone that is new in the stock; `serial`: what is printed on it, of a phone the IMEI."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "button", "serial": "BTN-000124"}]})

    kind: StockKind
    serial: SerialNumber


class TakeBackIn(In):
    """Nothing of the last victim is left on it: pairing, key and app data were wiped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"wiped": True}]})

    wiped: Literal[True]


class StockOut(RowOut):
    """An item of the stock, and the device of a file that it is part of now."""

    id: UUID
    zone_id: str
    kind: StockKind
    serial: Annotated[str, Personal(Group.DEVICE)]
    status: Literal["stock", "issued", "returned", "lost", "retired"]
    device_id: UUID | None
    device_status: DeviceStatus | None
    entered_at: datetime
    wiped_at: datetime | None
