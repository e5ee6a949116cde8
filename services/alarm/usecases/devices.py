"""The devices in memory, so that a press needs no look-up; and whether a signature is theirs."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.database.database import Database, SQLAlchemyError
from chassis.database.isolation import apart
from chassis.security.jws import is_signed_by, key_of
from services.alarm.domain.press import Claim, Standing
from services.alarm.store import devices as store

log = logging.getLogger(__name__)

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
# Rows become visible after their time stamp was taken: look back over the longest transaction.
_OVERLAP = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Device:
    """A device with its key parsed; `key` is None when the registry's key cannot be read."""

    device_id: UUID
    enrolment_id: UUID
    status: str
    version: int
    key: Ed25519PublicKey | None


class Devices:
    """All devices of the read model, at most a second old; works on what it has while the database is away."""

    def __init__(self, database: Database, lookup_s: float) -> None:
        self._database = database
        self._lookup_s = lookup_s
        self._known: dict[UUID, Device] = {}
        self._since = _EVER
        # Two: a flood of unknown devices must not take the database from anybody else.
        self._lookups = ThreadPoolExecutor(2, thread_name_prefix="device-lookup")
        self._stopping, self._looked = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name="devices", daemon=True)

    def start(self) -> None:
        """Load and keep following, in a thread."""
        self._thread.start()

    async def first_look(self, seconds: float) -> None:
        """Wait until the devices were read once, or could not be; at most so many seconds.

        Before that every press would be one of an unknown device, as far as a look-up is not fast enough.
        """
        await asyncio.to_thread(self._looked.wait, seconds)

    def stop(self) -> None:
        """Stop following; blocks until the thread has ended."""
        self._stopping.set()
        self._lookups.shutdown(wait=False, cancel_futures=True)
        self._thread.join(5)

    def __len__(self) -> int:
        return len(self._known)

    async def find(self, device_id: UUID | None) -> Device | None:
        """Give the device, from memory; on a miss the database is asked once, within the time for it."""
        if device_id is None:
            return None
        found = self._known.get(device_id)
        if found is not None:
            return found
        asked = asyncio.get_running_loop().run_in_executor(self._lookups, self._look_up, device_id)
        try:
            async with asyncio.timeout(self._lookup_s):
                return await asked
        except (TimeoutError, SQLAlchemyError) as error:
            log.info("a device could not be looked up: %s", type(error).__name__)
            return None

    def refresh(self) -> None:
        """Read what changed since the last time; raises SQLAlchemyError."""
        with self._database.read() as session:
            looked_at = store.database_time(session)
            for record in store.devices_changed_since(session, self._since):
                with apart("device", record.device_id):
                    self._learn(record)
        self._since = looked_at - _OVERLAP

    def _look_up(self, device_id: UUID) -> Device | None:
        with self._database.read() as session:
            record = store.device(session, device_id)
        return self._learn(record) if record else None

    def _learn(self, record: store.DeviceRecord) -> Device:
        known = self._known.get(record.device_id)
        if known is None or known.version < record.version:
            known = Device(
                record.device_id, record.enrolment_id, record.status, record.version, key_of(record.public_key)
            )
            self._known[record.device_id] = known
        return known

    def _follow(self) -> None:
        away = False
        while not self._stopping.is_set():
            try:
                self.refresh()
                away = False
            except Exception as error:  # noqa: BLE001 - whatever it is: a thread that ended would learn no device
                if not away:
                    log.warning("devices cannot be refreshed: %s", type(error).__name__)
                away = True
            self._looked.set()
            self._stopping.wait(1.0)


def standing(claim: Claim, device: Device | None) -> Standing:
    """Say whether this device signed this press."""
    if device is None:
        return "unknown_device"
    if claim.signature is None:
        return "unsigned"
    if claim.signed is None or device.key is None:
        return "bad_signature"
    return "good" if is_signed_by(device.key, claim.signed, claim.signature) else "bad_signature"
