"""Conflicts of interest of somebody else: within bounds, seen, and undone; in any order wherever it is read."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from contracts.envelope import wrap
from contracts.registry import FileConflictDeclared, FileConflictWithdrawn
from services.committee.events import incoming
from services.committee.store import conflicts
from tests.support.builders import a_protocol
from tests.support.committee import (
    POLICE,
    PROCUREUR,
    SECRETARY,
    about,
    come_in,
    declare_conflict,
    drafted,
    in_force,
    meeting,
    member_of,
    submitted,
    there,
    whole,
)
from tests.support.desks import Desk, Who

WHY = {"reason": "her neighbour"}


def zone_of(committee: Desk, enrolment: str, zone: str) -> None:
    committee.execute(
        "INSERT INTO known_enrolments (id, status, managing_zone_id, changed_at) "
        f"VALUES ('{enrolment}', 'active', '{zone}', '2020-01-01')"
    )


def test_a_secretariat_keeps_nobody_from_a_case_that_is_not_theirs(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id)
    zone_of(committee, body["enrolment_id"], "z1")
    operator = {"subject": "op-wv", **WHY}
    # A draft names whatever file it likes.
    draft = f"/v1/applications/{drafted(committee, body, SECRETARY)}"
    refused = committee.call("POST", f"{draft}/conflicts", operator, status=409, **SECRETARY)
    assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:conflict-refused", "subject")
    # Nor a case whose file another zone manages, or of which the registry told nothing.
    unknown = submitted(committee, whole(protocol_id))
    committee.call("POST", f"{unknown}/conflicts", operator, status=409, **SECRETARY)
    foreign = whole(protocol_id)
    zone_of(committee, foreign["enrolment_id"], "z77")
    path = submitted(committee, foreign)
    committee.call("POST", f"{path}/conflicts", operator, status=409, **SECRETARY)
    # Nor outside any protocol, nor a secretariat of another district or of none.
    outside = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    zone_of(committee, outside["enrolment_id"], "z1")
    committee.call("POST", f"{submitted(committee, outside)}/conflicts", operator, status=409, **SECRETARY)
    path = submitted(committee, body)
    in_force(committee, a_protocol(name="Antwerpen", district="Antwerpen", zones=["z5"]))
    stranger = there(SECRETARY, "Antwerpen")
    nowhere: Who = {"role": "secretariat", "partner": "city"}
    for who in (stranger, nowhere):
        committee.call("POST", f"{path}/conflicts", operator, status=404, **who)
    entries = [each.type for each in committee.published(body["enrolment_id"])]
    assert "conflict.declared.v1" not in entries
    alike = {"subject": "\u043ep-wv", **WHY}
    assert committee.call("POST", f"{path}/conflicts", alike, status=422, **SECRETARY)["field"] == "subject"
    committee.call("POST", f"{path}/conflicts", operator, status=204, **SECRETARY)
    (event,) = (e for e in committee.published(body["enrolment_id"]) if e.type == "conflict.declared.v1")
    assert (event.data["person"], event.data["by_another"]) == ("op-wv", True)


def test_a_conflict_of_interest_is_withdrawn_with_a_reason(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, body := whole(protocol_id))
    bert = member_of("bert", "police")
    held = meeting(committee, protocol_id, about(path))
    declare_conflict(committee, path, "Bert ")
    committee.call("GET", path, status=404, **bert)
    wrong = {"subject": "BERT", "reason": "another Bert"}
    committee.call("POST", f"{path}/conflicts/withdraw", {"subject": "bert"}, status=422, **SECRETARY)
    committee.call("POST", f"{path}/conflicts/withdraw", wrong, status=403, **bert)
    nobody = {"subject": "nobody", "reason": "x"}
    committee.call("POST", f"{path}/conflicts/withdraw", nobody, status=404, **SECRETARY)
    for _ in range(2):
        committee.call("POST", f"{path}/conflicts/withdraw", wrong, status=204, **SECRETARY)
    committee.call("GET", path, **bert)
    assert committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"][0]["missing"] == []
    (known,) = committee.call("GET", f"{path}/conflicts", **SECRETARY)
    assert (known["subject"], known["own"], known["withdrawn_at"] is None) == ("Bert", False, False)
    (said,) = (e for e in committee.call("GET", f"{path}/history", **SECRETARY) if "withdrawn" in e["what"])
    assert said["details"] == {"reasons": "another Bert"}
    # Said anew it counts anew, and later than what it follows.
    declare_conflict(committee, path, "bert")
    committee.call("GET", path, status=404, **bert)
    entries = [e for e in committee.published(body["enrolment_id"]) if e.type.startswith("conflict.")]
    assert [e.type.split(".")[1] for e in entries] == ["declared", "withdrawn", "declared"]
    moments = [e.data.get("withdrawn_at") or e.data["declared_at"] for e in entries]
    assert moments == sorted(set(moments))


def test_what_somebody_said_of_themselves_a_secretariat_does_not_undo(
    committee: Desk, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    carla = member_of("carla", "parket")
    committee.call("POST", f"{path}/conflicts", WHY, status=204, **carla)
    # Nor by declaring it once more.
    declare_conflict(committee, path, "CARLA")
    wrong = {"subject": "carla", "reason": "she may sit"}
    committee.call("POST", f"{path}/conflicts/withdraw", wrong, status=403, **SECRETARY)
    committee.call("GET", path, status=404, **carla)
    committee.call("POST", f"{path}/conflicts/withdraw", wrong, status=204, **PROCUREUR)
    committee.call("GET", path, **carla)
    held = meeting(committee, protocol_id, about(path))
    come_in(committee, held, "carla", "parket")
    values = {"meeting_id": held, "reasons": "all three"}
    assert committee.call("POST", f"{path}/grant", values, **SECRETARY)["state"] == "granted"


@pytest.mark.parametrize("again", [False, True])
def test_what_the_registry_says_of_a_conflict_of_interest_may_come_in_any_order(
    committee: Desk, database: Database, protocol_id: str, *, again: bool
) -> None:
    at = datetime.now(UTC)
    for order in permutations(range(3 if again else 2)):
        path = submitted(committee, body := whole(protocol_id), POLICE)
        enrolment = UUID(body["enrolment_id"])
        entries = [
            FileConflictDeclared(enrolment_id=enrolment, person="Bert ", declared_at=at),
            FileConflictWithdrawn(
                enrolment_id=enrolment, person="bert", withdrawn_at=at + timedelta(seconds=5)
            ),
            FileConflictDeclared(enrolment_id=enrolment, person="BERT", declared_at=at + timedelta(seconds=9)),
        ]
        for number in (*order, *order):
            conflict = incoming.registry_conflict(wrap(entries[number], source="/services/registry"))
            assert conflict is not None
            with database.transaction() as tx:
                conflicts.keep_registry_conflict(tx.session, conflict)
        committee.call("GET", path, status=404 if again else 200, **member_of("bert", "police"))
