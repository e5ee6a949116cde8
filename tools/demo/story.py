"""What comes before an alarm and after it, told line by line: who applied, who decided, who was refused."""

from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from rich.console import Console

from tools.demo import committee, control_rooms, seed
from tools.demo.committee import Meeting, about
from tools.demo.fleet import Travel
from tools.simulation.answers import Review
from tools.simulation.chain_approach import ChainApproach
from tools.simulation.tracks import PLACES
from tools.simulation.world import Refused, World, until

_HOME = PLACES["Gent Korenmarkt"]
_POLICE, _PARKET = ("b.peeters", "police", "Bert Peeters"), ("c.maes", "parket", "Carla Maes")
# From the last order closed to the review in the committee's records.
_PATIENCE_S = 20.0


class NotRefused(RuntimeError):
    """The system granted what it must refuse."""


class Story:
    """Three applications: one urgent, one ordinary, one refused; and what the committee does after a press."""

    def __init__(self, world: World, console: Console) -> None:
        self._world, self._console = world, console
        self._urgent = ""
        self._women: list[seed.Victim] = []

    async def before(self) -> list[seed.Victim]:
        """Tell who gets an alarm; returns the two women whose alarm is on. Raises `Refused`, `NotRefused`."""
        zone = (await control_rooms.Zones.load(self._world)).at(_HOME.lat, _HOME.lon)
        self._women = [await self._at_once(zone), await self._after_a_meeting(zone)]
        await self._refused_one(zone)
        return self._women

    async def _at_once(self, zone: str) -> seed.Victim:
        self._chapter("An is in danger tonight: the urgent procedure")
        world = self._world
        file = await seed.opened(world, zone)
        police, field = file.manager(world), {"pv_numbers": [file.pv_number], **committee.URGENT}
        bare = await committee.drafted(world, police, "police", file.id, **field, assessment={})
        lacking = await self._refusal(world.call("POST", "committee", f"{bare}/submit", police), "missing")
        self._tell("police", "applies without a risk assessment", refused=f"missing: {lacking}")
        await world.call(
            "PATCH", "committee", bare, police, {"assessment": committee.APPLICATION["assessment"]}
        )
        await world.call("POST", "committee", f"{bare}/submit", police)
        self._tell("police", "completes the application and submits it", await self._due(bare))
        on = world.call("POST", "registry", f"{file.path}/activate", police)
        lacking = await self._refusal(on, "missing")
        self._tell("police", "tries to switch the alarm on already", refused=f"missing: {lacking}")
        stranger = world.bearer("magistrate", partner="parket", district="Antwerpen")
        unknown = await self._refusal(world.call("GET", "committee", bare, stranger), "missing")
        self._tell("magistrate of Antwerpen", "looks for a case of Gent", refused=unknown)
        await committee.granted_at_once(world, bare)
        self._urgent = bare
        self._tell("magistrate", "grants it provisionally", await self._due(bare))
        return await self._equip(file, "An Peeters")

    async def _after_a_meeting(self, zone: str) -> seed.Victim:
        self._chapter("Els has lived with it for a year: the ordinary procedure")
        world = self._world
        file = await seed.opened(world, zone)
        support = world.bearer("follow_up", partner="victim-support", district=committee.DISTRICT)
        values = {"pv_numbers": [file.pv_number], "zone_id": zone}
        path = await committee.submitted(world, support, "victim-support", file.id, **values)
        self._tell("victim support", "applies for her", await self._due(path))
        opinion = {"advice": "grant", "shared": "three reports since May", "kept": "an informer said so"}
        member = world.bearer("committee", partner="police", district=committee.DISTRICT)
        await world.call("PUT", "committee", f"{path}/opinion", member, opinion)
        self._tell("police", "gives its opinion, and keeps its source to itself")
        meeting = await Meeting.opened(world, about(path))
        missing = await meeting.comes_in(*_POLICE)
        grant = {"reasons": "all three elements are shown; the order was broken twice"}
        lacking = await self._refusal(meeting.decides(path, "grant", **grant), "missing")
        self._tell(
            "committee", f"sits without {', '.join(missing)} and would grant", refused=f"no quorum: {lacking}"
        )
        await meeting.comes_in(*_PARKET)
        decided = await meeting.decides(path, "grant", **grant)
        await meeting.closed()
        ends_on = decided["decision"]["ends_on"]
        self._tell("committee", "the parket comes in; granted, with reasons", f"until {ends_on}")
        return await self._equip(file, "Els Maes")

    async def _refused_one(self, zone: str) -> None:
        self._chapter("Refused, with another way to help")
        world = self._world
        file = await seed.opened(world, zone)
        police = file.manager(world)
        path = await committee.submitted(world, police, "police", file.id, pv_numbers=[file.pv_number])
        meeting = await Meeting.opened(world, about(path))
        for who in (_POLICE, _PARKET):
            await meeting.comes_in(*who)
        other = {"alternatives": ["chain approach"], "review_way": "within 30 days, before other members"}
        await meeting.decides(path, "refuse", reasons="the second element is not shown", **other)
        await meeting.closed()
        self._tell("committee", "refuses, with reasons", "instead: chain approach; review by other members")
        await self._to_the_chain_approach(path)
        on = world.call("POST", "registry", f"{file.path}/activate", police)
        lacking = await self._refusal(on, "missing")
        self._tell("police", "has no way to switch it on", refused=f"missing: {lacking}")

    async def _to_the_chain_approach(self, path: str) -> None:
        they, desk = ChainApproach(self._world), committee.secretariat(self._world)
        values = {"basis": "consent", "grounds": "she signed the form", "fields": ["risk_level", "elements"]}
        body = values | {"side_by_side": True}
        referral = (await self._world.call("POST", "committee", f"{path}/refer", desk, body))["id"]

        async def came() -> bool:
            return bool(await they.taken("/v1/referrals", id=referral))

        await until(came, _PATIENCE_S, 0.3)
        [sent] = await they.taken("/v1/referrals", id=referral)
        text = "refers her to the chain approach, with her consent"
        self._tell("secretariat", text, f"sent, and no more: {', '.join(sent['fields'])}")
        await they.tell("referral.answered", {"id": referral, "accepted": True})
        self._tell("chain approach", "takes the case, and signs for it")

    async def _equip(self, file: seed.File, name: str) -> seed.Victim:
        woman = await seed.equipped(self._world, file, name, _HOME)
        manager = file.manager(self._world)
        whole = await self._world.call("GET", "registry", f"{file.path}/completeness", manager)
        text = "police report, convention, card, button"
        self._tell("police", text, f"the card holds {whole['percent']} % of what a patrol asks for")
        await seed.switched_on(self._world, woman)
        self._tell(
            "her button", "a test press, all the way to the control room", "ALARM ON", style="bold green"
        )
        return woman

    async def after(self, travels: Sequence[Travel]) -> None:
        """Have the committee look again at whoever had to press, and ratify what was urgent."""
        self._chapter("The next meeting of the committee")
        world, desk = self._world, committee.secretariat(self._world)
        pressed = {t.victim.enrolment_id for t in travels if "closed" in t.stages}
        due = [
            await self._review_of(woman.enrolment_id) for woman in self._women if woman.enrolment_id in pressed
        ]
        first = min(datetime.fromisoformat(review["due_at"]) for review in due)
        self._tell("board", f"{len(due)} of them had to press last night: a review of each", _by(first))
        meeting = await Meeting.opened(world, about(self._urgent), *({"review_id": r["id"]} for r in due))
        for who in (_POLICE, _PARKET):
            await meeting.comes_in(*who)
        await meeting.decides(self._urgent, "grant", reasons="the grounds of that night stand")
        self._tell("committee", "ratifies the urgent grant")
        kept = {"outcome": "keep", "reasons": "he came back last night", "conditions": committee.CHECKED}
        for review in due:
            await meeting.decides(f"/v1/reviews/{review['id']}", "hold", **kept)
        self._tell("committee", "checks the conditions anew", "both alarms stay on", style="bold green")
        await meeting.closed()
        minutes = f"/v1/meetings/{meeting.id}/minutes.pdf"
        page = await world.http.get(f"{world.url('committee')}{minutes}", headers=desk)
        page.raise_for_status()
        self._tell(
            "secretariat", "minutes as PDF, without what a member kept back", f"{len(page.content)} bytes"
        )

    async def _due(self, path: str) -> str:
        """Read from the committee's board what is due in a case."""
        desk = committee.secretariat(self._world)
        deadlines = await self._world.call("GET", "committee", f"{path}/deadlines", desk)
        due = next(each for each in deadlines if each["state"] == "open")
        return f"{due['kind'].replace('_', ' ')} due {_by(datetime.fromisoformat(due['due_at']))}"

    async def _review_of(self, enrolment_id: UUID) -> Review:
        found: list[Review] = []

        async def there() -> bool:
            reviews = await self._world.call(
                "GET", "committee", "/v1/reviews?limit=500", committee.secretariat(self._world)
            )
            found[:] = [
                r for r in reviews if r["enrolment_id"] == str(enrolment_id) and r["cause"] == "real_alarm"
            ]
            return bool(found)

        await until(there, _PATIENCE_S, 0.3)
        return found[0]

    async def _refusal(self, asked: Awaitable[object], field: str) -> str:
        """Await a refusal, and give what it names; raises `NotRefused`."""
        try:
            await asked
        except Refused as refused:
            return ", ".join(map(str, refused.problem.get(field, [refused.problem.get("detail")])))
        raise NotRefused("the system granted what it must refuse")

    def _chapter(self, title: str) -> None:
        self._console.print(f"\n[bold]{title}[/]")

    def _tell(self, who: str, what: str, outcome: str = "", *, refused: str = "", style: str = "green") -> None:
        text = f"[yellow]refused, {refused}[/]" if refused else f"[{style}]{outcome}[/]" if outcome else ""
        self._console.print(
            f"  [dim]{who:<15}[/]{what}{'  ' if text else ''}{text}", highlight=False, soft_wrap=True
        )


def _by(moment: datetime) -> str:
    """Say how far away that is."""
    hours = (moment - datetime.now(UTC)).total_seconds() / 3600
    return f"within {hours:.0f} hours" if hours < 100 else f"within {int(hours / 24 + 0.1)} days"
