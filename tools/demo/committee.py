"""People who decide, over HTTP: a protocol through all hands, applications, the magistrate, a meeting."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypedDict
from uuid import UUID

from chassis.runtime import clock
from tools.simulation.world import World

PROTOCOL_ID = UUID("5e4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f10")
DISTRICT = "Gent"
CONDITIONS = {
    "intimate": "the stalker is a former partner",
    "reachable": "the victim carries a charged telephone",
}
CHECKED = {name: {"met": True} for name in CONDITIONS}
_PROTOCOL: dict[str, object] = {
    "name": "Protocol stalkingalarm Gent",
    "district": DISTRICT,
    "language": "nl",
    "partners": [
        {"id": "police", "role": "files applications, answers alarms", "member": True},
        {"id": "parket", "role": "public prosecutor", "member": True},
        {"id": "city", "role": "chairs the committee", "member": True},
        {"id": "victim-support", "role": "proposes and follows up", "member": True},
    ],
    "proposers": ["police", "victim-support"],
    "procedures": ["ordinary", "urgent"],
    "conditions": [{"id": name, "text": text} for name, text in CONDITIONS.items()],
    "purpose": "to decide who gets a stalkingalarm, and for how long (art. 458ter of the criminal code)",
    "modalities": "what is said in the meeting stays there; partners share what this protocol lists",
    "shared_fields": {"ketenaanpak": ["risk_level", "elements"]},
}
ELEMENTS = {
    "harassment": "41 calls in a week after a no-contact order",
    "serious_disturbance": "moved twice and does not go out alone",
    "knew_or_should_have_known": "was told so in writing",
}
APPLICATION: dict[str, object] = {
    "protocol_id": str(PROTOCOL_ID),
    "procedure": "ordinary",
    "elements": ELEMENTS,
    "conditions": CHECKED,
    "assessment": {
        "instrument": "SAM",
        "version": "2.1",
        "answers": {"N1": "yes", "P4": "possible"},
        "level": "high",
    },
}
URGENT = {"procedure": "urgent", "urgency": "he was seen at her door with a knife"}
Who = dict[str, str]


class Version(TypedDict):
    """A version of the protocol; `state` is None before the first."""

    state: str | None
    version: int
    content: dict[str, object]


def today(after: int = 0) -> str:
    """Write the day in Belgium, or the one so many days `after` it."""
    return (clock.today() + timedelta(days=after)).isoformat()


def secretariat(world: World) -> Who:
    """Give the header of whoever keeps the committee's papers."""
    return world.bearer("secretariat", partner="city", district=DISTRICT)


def magistrate(world: World) -> Who:
    """Give the header of whoever is on duty at the parket."""
    return world.bearer("magistrate", partner="parket", district=DISTRICT)


async def protocol(world: World, zones: Sequence[str]) -> None:
    """Bring the protocol of Ghent into force, through all hands; one that binds already is left alone."""
    # Simulated victims live everywhere.
    body = _PROTOCOL | {"zones": list(zones)}
    path, desk = f"/v1/protocols/{PROTOCOL_ID}", secretariat(world)
    versions = await world.call("GET", "committee", f"{path}/versions", desk)
    newest: Version = versions[0] if versions else {"state": None, "version": 0, "content": {}}
    if newest["state"] == "in_force" and all(newest["content"][k] == v for k, v in body.items()):
        return
    if newest["state"] in (None, "in_force", "draft", "sent_back"):
        newest = await world.call("PUT", "committee", f"{path}/draft", desk, body)
    version, parket = f"{path}/versions/{newest['version']}", {"partner": "parket", "district": DISTRICT}
    # From wherever an earlier run left it.
    for state, move, who, changes in (
        ("draft", "submit", desk, None),
        ("submitted", "approve", world.bearer("procureur_general", **parket), None),
        ("approved", "sign", world.bearer("procureur", **parket), {"in_force_from": today()}),
    ):
        if newest["state"] == state:
            newest = await world.call("POST", "committee", f"{version}/{move}", who, changes)


async def drafted(world: World, proposer: Who, partner: str, enrolment_id: str, **changes: object) -> str:
    """Draft an application; returns its path."""
    body = APPLICATION | {"proposer": partner, "enrolment_id": enrolment_id} | changes
    application = await world.call("POST", "committee", "/v1/applications", proposer, body)
    return f"/v1/applications/{application['id']}"


async def submitted(world: World, proposer: Who, partner: str, enrolment_id: str, **changes: object) -> str:
    """Draft an application and lay it before the committee; returns its path."""
    path = await drafted(world, proposer, partner, enrolment_id, **changes)
    await world.call("POST", "committee", f"{path}/submit", proposer)
    return path


def about(path: str) -> dict[str, str]:
    """Make the point of an agenda for the application at a path."""
    return {"application_id": path.rpartition("/")[2]}


async def granted_at_once(world: World, path: str) -> None:
    """Have the magistrate on duty grant provisionally."""
    reasons = {"reasons": "all three elements are shown, and he is near"}
    await world.call("POST", "committee", f"{path}/grant-provisionally", magistrate(world), reasons)


async def invited(world: World, subject: str, partner: str, name: str) -> str:
    """Invite a member to the committee of Ghent and return the id; one who is known already stays the same."""
    body = {"subject": subject, "partner": partner, "name": name}
    path = f"/v1/protocols/{PROTOCOL_ID}/members"
    member = await world.call("POST", "committee", path, secretariat(world), body)
    return str(member["id"])


async def confirmed(world: World, meeting_id: str, subject: str, partner: str) -> None:
    """Have a member say, at their own desk, that they are at a meeting."""
    member = world.bearer("committee", partner=partner, district=DISTRICT, sub=subject)
    await world.call("POST", "committee", f"/v1/meetings/{meeting_id}/presence", member)


class Meeting:
    """A meeting of the committee, as its secretariat runs it."""

    def __init__(self, world: World, meeting_id: str) -> None:
        self._world, self.id = world, meeting_id
        self._path, self._desk = f"/v1/meetings/{meeting_id}", secretariat(world)

    @classmethod
    async def opened(cls, world: World, *agenda: dict[str, str]) -> Self:
        """Open one that begins now, with these points."""
        body = {"protocol_id": str(PROTOCOL_ID), "starts_at": datetime.now(UTC).isoformat()}
        made = cls(
            world, (await world.call("POST", "committee", "/v1/meetings", secretariat(world), body))["id"]
        )
        for point in agenda:
            await made._do("agenda", point)
        await made._do("open")
        return made

    async def comes_in(self, subject: str, partner: str, name: str) -> tuple[str, ...]:
        """Let a member come in and confirm it; returns the partners without whom nothing can be decided yet."""
        await invited(self._world, subject, partner, name)
        await confirmed(self._world, self.id, subject, partner)
        seen = await self._world.call("GET", "committee", self._path, self._desk)
        return tuple(sorted({missing for point in seen["agenda"] for missing in point["missing"]}))

    async def decides(self, path: str, move: str, **changes: object) -> dict[str, Any]:
        """Decide something; raises `Refused` without a quorum."""
        body = {"meeting_id": self.id, **changes}
        answer: dict[str, Any] = await self._world.call("POST", "committee", f"{path}/{move}", self._desk, body)
        return answer

    async def closed(self) -> None:
        """End the meeting."""
        await self._do("close")

    async def _do(self, what: str, body: dict[str, str] | None = None) -> None:
        path = f"{self._path}/{what}"
        await self._world.call("POST", "committee", path, self._desk, body)
