"""What tests of the committee do again and again, over HTTP."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.database.database import Database
from chassis.security.accounts import account
from contracts.envelope import wrap
from contracts.registry import EnrolmentChanged, EnrolmentStatus
from services.committee.events import incoming
from services.committee.usecases import registry_mismatch
from tests.support.builders import a_protocol, a_refusal, an_application
from tests.support.days import today
from tests.support.desks import Desk, Who

GENT = "Gent"
SECRETARY: Who = {"role": "secretariat", "partner": "city", "district": GENT}
MAGISTRATE: Who = {"role": "magistrate", "partner": "parket", "district": GENT}
PROCUREUR: Who = {"role": "procureur", "partner": "parket", "district": GENT}
GENERAL: Who = {"role": "procureur_general", "partner": "parket-generaal"}
POLICE: Who = {"role": "file_manager", "partner": "police", "zone": "z1"}
# Who comes to a meeting: subject, partner.
QUORUM = (("bert", "police"), ("carla", "parket"))
OTHERS = (("dirk", "police"), ("eva", "parket"))


def in_force(committee: Desk, content: dict[str, Any] | None = None, protocol_id: str | None = None) -> str:
    """A protocol that went the whole way, in force today; its id."""
    content = content or a_protocol()
    path = f"/v1/protocols/{protocol_id or uuid4()}"
    secretary, procureur = (there(who, str(content["district"])) for who in (SECRETARY, PROCUREUR))
    version = committee.call("PUT", f"{path}/draft", content, **secretary)["version"]
    committee.call("POST", f"{path}/versions/{version}/submit", **secretary)
    committee.call("POST", f"{path}/versions/{version}/approve", **GENERAL)
    signed = {"in_force_from": today().isoformat()}
    committee.call("POST", f"{path}/versions/{version}/sign", signed, **procureur)
    return path.rpartition("/")[2]


def whole(protocol_id: str, /, **changed: Any) -> dict[str, Any]:
    """A complete application for a new enrolment."""
    return an_application(protocol_id=protocol_id, enrolment_id=str(uuid4())) | changed


def urgent(protocol_id: str, /, **changed: Any) -> dict[str, Any]:
    """The same, urgent."""
    return whole(protocol_id, procedure="urgent", urgency="he was at her door with a knife", **changed)


def drafted(committee: Desk, body: dict[str, Any], who: Who = POLICE) -> str:
    """The id of a new draft."""
    return str(committee.call("POST", "/v1/applications", body, status=201, **who)["id"])


def submitted(committee: Desk, body: dict[str, Any], who: Who = POLICE) -> str:
    """The path of an application that lies before the committee."""
    path = f"/v1/applications/{drafted(committee, body, who)}"
    committee.call("POST", f"{path}/submit", **who)
    return path


def provisional(committee: Desk, body: dict[str, Any]) -> str:
    """The path of an application that the magistrate on duty granted."""
    path = submitted(committee, body)
    committee.call("POST", f"{path}/grant-provisionally", {"reasons": "at once"}, **MAGISTRATE)
    return path


def meeting(
    committee: Desk, protocol_id: str, *items: dict[str, str], people: tuple[tuple[str, str], ...] = QUORUM
) -> str:
    """The id of an open meeting with these people and points."""
    body = {"protocol_id": protocol_id, "starts_at": datetime.now(UTC).isoformat()}
    known = str(committee.call("POST", "/v1/meetings", body, status=201, **SECRETARY)["id"])
    for item in items:
        committee.call("POST", f"/v1/meetings/{known}/agenda", item, **SECRETARY)
    committee.call("POST", f"/v1/meetings/{known}/open", **SECRETARY)
    for subject, partner in people:
        come_in(committee, known, subject, partner)
    return known


def member_of(subject: str, partner: str) -> Who:
    """The claims of somebody who sits on the committee of Ghent for a partner."""
    return {"role": "committee", "partner": partner, "district": GENT, "sub": subject}


def invited(committee: Desk, protocol_id: str, subject: str, partner: str, status: int = 200) -> dict[str, Any]:
    """A member who was invited, and may not have confirmed it."""
    body = {"subject": subject, "partner": partner, "name": subject.title()}
    path = f"/v1/protocols/{protocol_id}/members"
    member: dict[str, Any] = committee.call("POST", path, body, status=status, **SECRETARY)
    return member


def come_in(committee: Desk, meeting_id: str, subject: str, partner: str) -> dict[str, Any]:
    """A member comes in, and says so at their own desk."""
    path = f"/v1/meetings/{meeting_id}"
    invited(committee, committee.call("GET", path, **SECRETARY)["protocol_id"], subject, partner)
    seen: dict[str, Any] = committee.call("POST", f"{path}/presence", **member_of(subject, partner))
    return seen


def recorded(committee: Desk, meeting_id: str, subject: str, partner: str) -> dict[str, Any]:
    """The secretariat sees a member in the room, who confirms nothing yet."""
    path = f"/v1/meetings/{meeting_id}"
    protocol_id = committee.call("GET", path, **SECRETARY)["protocol_id"]
    member = {"member_id": invited(committee, protocol_id, subject, partner)["id"]}
    seen: dict[str, Any] = committee.call("POST", f"{path}/attendance", member, **SECRETARY)
    return seen


def go(committee: Desk, meeting_id: str, subject: str) -> dict[str, Any]:
    """Somebody goes."""
    path = f"/v1/meetings/{meeting_id}"
    there = committee.call("GET", path, **SECRETARY)["attendance"]
    member = [who["member_id"] for who in there if who["subject"] == account(subject)][-1]
    body = {"member_id": member}
    seen: dict[str, Any] = committee.call("POST", f"{path}/attendance/leave", body, **SECRETARY)
    return seen


def declare_conflict(committee: Desk, path: str, subject: str, reason: str = "uncle") -> None:
    """The secretariat declares somebody's conflict, in a file that a zone of its protocol manages."""
    enrolment = committee.call("GET", path, **SECRETARY)["enrolment_id"]
    committee.execute(
        "INSERT INTO known_enrolments (id, status, managing_zone_id, changed_at) "
        f"VALUES ('{enrolment}', 'open', 'z1', '2020-01-01') ON CONFLICT DO NOTHING"
    )
    values = {"subject": subject, "reason": reason}
    committee.call("POST", f"{path}/conflicts", values, status=204, **SECRETARY)


def about(path: str) -> dict[str, str]:
    """The point of an agenda for an application at a path."""
    return {"application_id": path.rpartition("/")[2]}


def granted(committee: Desk, protocol_id: str, path: str) -> dict[str, Any]:
    """What the committee answers that grants in a meeting of its own."""
    body = {"meeting_id": meeting(committee, protocol_id, about(path)), "reasons": "all three"}
    answer: dict[str, Any] = committee.call("POST", f"{path}/grant", body, **SECRETARY)
    return answer


def refused(committee: Desk, protocol_id: str, path: str) -> dict[str, Any]:
    """The same, that refuses."""
    body = a_refusal(meeting_id=meeting(committee, protocol_id, about(path)))
    answer: dict[str, Any] = committee.call("POST", f"{path}/refuse", body, **SECRETARY)
    return answer


def registry_says(
    database: Database, enrolment: str, status: EnrolmentStatus, at: datetime | None = None
) -> None:
    """The committee's worker hears how a file stands now."""
    now = datetime.now(UTC)
    told = EnrolmentChanged(
        enrolment_id=UUID(enrolment), status=status, managing_zone_id="z1", changed_at=at or now
    )
    news = incoming.enrolment(wrap(told, source="/services/registry"))
    assert news is not None
    with database.transaction() as tx:
        registry_mismatch.record_enrolment(tx.session, news, now)


def there(who: Who, district: str) -> Who:
    """The same claims, in another district."""
    return {**who, "district": district}


def named(who: Who, sub: str) -> Who:
    """The same claims, as one certain person."""
    return {**who, "sub": sub}


def reviews(committee: Desk, enrolment: str, cause: str | None = None) -> list[dict[str, Any]]:
    """The reviews of a victim's file that nobody held."""
    found = committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
    return [each for each in found if each["enrolment_id"] == enrolment and cause in (None, each["cause"])]


def hold(
    committee: Desk, protocol_id: str, review: dict[str, Any], status: int = 200, **said: Any
) -> dict[str, Any]:
    """What the answer is to a review that is held in a meeting of its own."""
    held = meeting(committee, protocol_id, {"review_id": review["id"]})
    body = {"meeting_id": held, "reasons": "looked at again", **said}
    where = f"/v1/reviews/{review['id']}/hold"
    answer: dict[str, Any] = committee.call("POST", where, body, status=status, **SECRETARY)
    return answer


def alive(committee: Desk, protocol_id: str) -> tuple[str, str]:
    """Path and enrolment of a case whose alarm was granted."""
    body = whole(protocol_id)
    path = submitted(committee, body)
    granted(committee, protocol_id, path)
    return path, body["enrolment_id"]
