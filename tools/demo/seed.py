"""The whole story over HTTP: protocol, application, grant, enrolment, device, test press, activation."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.demo import committee, control_rooms
from tools.runtime.native.layout import write_private
from tools.simulation.device import Device
from tools.simulation.jose import public_key
from tools.simulation.tracks import PLACES, Place
from tools.simulation.world import World, until

CANCEL_CODE, DURESS_CODE = "2468", "1357"
# How long grant and test press may take to come through.
_PATIENCE_S = 20.0

_FIRST = ("An", "Els", "Fatima", "Sofie", "Marie", "Julie", "Hilde", "Amina", "Laura", "Chloé", "Petra", "Nele")
_LAST = ("Peeters", "Janssens", "Maes", "Dubois", "Lambert", "Claes", "Wouters", "Goossens", "Leroy", "Simon")


@dataclass
class Victim:
    """An enrolled victim with a tested device. `secrets`: texts that must never leave the system's bounds."""

    name: str
    enrolment_id: UUID
    zone: str
    device: Device
    secrets: tuple[str, ...] = field(default=(), repr=False)


def card(name: str, address: str, perpetrator: dict[str, object] | None = None) -> dict[str, object]:
    """Fill in an intervention card as the desk types it in."""
    return {
        "victim": {"name": name, "born_on": "1990-05-02", "phone": "+32470112233"},
        "languages": ["nl", "fr"],
        "perpetrators": [
            perpetrator
            or {
                "name": f"Ex of {name}",
                "born_on": "1985-02-11",
                "violence": [{"text": "strangling (2025)", "source": "police report"}],
                "weapons": [{"text": "knife", "source": "victim"}],
                "vehicles": [{"text": "grey estate car"}],
            }
        ],
        "measures": [{"kind": "no-contact order", "until": committee.today(after=60)}],
        "addresses": [{"kind": "home", "text": address, "access_notes": "second bell"}],
        "dogs": "one, friendly",
    }


async def protocol(world: World) -> None:
    """Bring the protocol of Ghent into force, for every zone."""
    await committee.protocol(world, (await control_rooms.Zones.load(world)).ids)


@dataclass(frozen=True, slots=True)
class File:
    """A file at the desk of a zone."""

    id: str
    zone: str

    @property
    def path(self) -> str:
        """Where the registry has it."""
        return f"/v1/enrolments/{self.id}"

    @property
    def pv_number(self) -> str:
        """The police report that it rests on."""
        return f"GE.37.L1.{self.id[:6]}/2026"

    def manager(self, world: World) -> dict[str, str]:
        """Give the header of whoever keeps it."""
        return world.bearer("file_manager", zone=self.zone)


# How the committee comes to a grant for a file.
Grant = Callable[[World, File], Coroutine[object, object, None]]


async def opened(world: World, zone: str) -> File:
    """Open a new file of a zone."""
    answer = await world.call("POST", "registry", "/v1/enrolments", world.bearer("file_manager", zone=zone))
    return File(answer["id"], zone)


async def enrol(
    world: World,
    name: str,
    place: Place,
    zone: str,
    *,
    perpetrator: dict[str, object] | None = None,
    activate: bool = True,
    grant: Grant | None = None,
) -> Victim:
    """Do everything from the first paper to the active alarm; raises `Refused` where the system refuses.

    `grant`: how the committee comes to it (default: at once, by the magistrate on duty).
    """
    file = await opened(world, zone)
    granted = asyncio.create_task((grant or granted_at_once)(world, file))
    victim = await equipped(world, file, name, place, perpetrator=perpetrator)
    await granted
    if activate:
        await switched_on(world, victim)
    return victim


async def granted_at_once(world: World, file: File) -> None:
    """Apply urgently, and have the magistrate on duty grant it."""
    values = {"pv_numbers": [file.pv_number], **committee.URGENT}
    path = await committee.submitted(world, file.manager(world), "police", file.id, **values)
    await committee.granted_at_once(world, path)


async def equipped(
    world: World, file: File, name: str, place: Place, *, perpetrator: dict[str, object] | None = None
) -> Victim:
    """Give a file its police report, intervention card, convention and device."""
    manager, address = file.manager(world), f"{name} street 1, {place.name}"
    papers = {"card": card(name, address, perpetrator), "cancel_code": CANCEL_CODE, "duress_code": DURESS_CODE}
    # One after the other: all of these lock the same file.
    await world.call("PUT", "registry", f"{file.path}/police-report", manager, {"pv_number": file.pv_number})
    await world.call("PUT", "registry", f"{file.path}/card", manager, papers)
    victim = await handed_out(world, file, name, place)
    victim.secrets = (name, f"Ex of {name}", address, "+32470112233")
    return victim


async def handed_out(world: World, file: File, name: str, place: Place) -> Victim:
    """Give a file its convention and device, for somebody who is at a place."""
    manager, device = file.manager(world), Device(world.http, world.url("alarm"))
    device.position = (place.lat, place.lon)
    convention = {"signed_on": committee.today(), "by": name}
    await world.call("POST", "registry", f"{file.path}/convention", manager, convention)
    issued = await world.call("POST", "registry", f"{file.path}/devices", manager, _device(device))
    device.device_id = issued["id"]
    return Victim(name, UUID(file.id), file.zone, device)


def _device(device: Device) -> dict[str, str | bool]:
    serial = public_key(device.key)[:12]
    return {
        "public_key": public_key(device.key),
        "button_serial": f"BTN-{serial}",
        "phone_number": "+32470112233",
        "not_in_stock": True,
    }


async def switched_on(world: World, victim: Victim) -> None:
    """Send a test press, wait until the path has answered for this device, then switch the alarm on."""
    file = File(str(victim.enrolment_id), victim.zone)

    async def known() -> bool:
        return await victim.device.heartbeat() < 400

    async def complete() -> bool:
        return not (await world.call("GET", "registry", file.path, file.manager(world)))["missing"]

    # A test of a device that the alarm service does not know yet would rightly be taken for a real press.
    await until(known, _PATIENCE_S)
    await victim.device.test()
    await until(complete, _PATIENCE_S)
    await world.call("POST", "registry", f"{file.path}/activate", file.manager(world))


async def victims(
    world: World, count: int, at_once: int = 8, progress: Callable[[], None] = lambda: None
) -> list[Victim]:
    """Enrol so many victims, each in the zone of a real place. Those of an earlier run are used again."""
    zones = await control_rooms.Zones.load(world)
    places = list(PLACES.values())
    gate = asyncio.Semaphore(at_once)
    file = world.system.layout.run / "victims.json"
    known = json.loads(file.read_text()) if file.exists() else {}

    async def one(number: int) -> Victim:
        place = places[number % len(places)]
        name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number // len(_FIRST) % len(_LAST)]} {number + 1}"
        async with gate:
            victim = await _known_again(world, known.get(name), name, place)
            victim = victim or await enrol(world, name, place, zones.at(place.lat, place.lon))
        known[name] = {
            "enrolment_id": str(victim.enrolment_id),
            "zone": victim.zone,
            "device_id": victim.device.device_id,
            "key": victim.device.key.private_bytes_raw().hex(),
        }
        progress()
        return victim

    made = list(await asyncio.gather(*(one(number) for number in range(count))))
    write_private(file, json.dumps(known))
    return made


async def _known_again(world: World, kept: dict[str, str] | None, name: str, place: Place) -> Victim | None:
    """Find the victim of an earlier run, if this system still knows the device."""
    if kept is None:
        return None
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["key"]))
    position = (place.lat, place.lon)
    device = Device(world.http, world.url("alarm"), UUID(kept["device_id"]), key, position)
    # A phone never counts backwards; seconds of the calendar are beyond whatever it counted before.
    device.counter = device.sequence = int(time.time())
    if await device.heartbeat() >= 400:
        return None
    return Victim(name, UUID(kept["enrolment_id"]), kept["zone"], device)
