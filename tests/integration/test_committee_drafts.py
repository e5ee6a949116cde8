"""Who drafts an application may name any file, and learns nothing of one that is not theirs."""

from uuid import uuid4

from chassis.database.database import Database
from tests.support.committee import POLICE, SECRETARY, drafted, registry_says, whole
from tests.support.desks import Desk, Who

# Of a zone that the protocol covers not, and of a partner without a zone.
ELSEWHERE: Who = {"role": "file_manager", "partner": "police", "zone": "z99"}
AID: Who = {"role": "follow_up", "partner": "victim-support", "district": "Gent"}


def test_a_draft_tells_nothing_of_a_file_that_is_not_the_drafters(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    known, unknown = whole(protocol_id), whole(protocol_id, enrolment_id=str(uuid4()))
    registry_says(database, known["enrolment_id"], "active")
    for who in (ELSEWHERE, AID, SECRETARY):
        entries = []
        for body in (known, unknown):
            proposer = None if who is SECRETARY else who["partner"]
            case = committee.call("POST", "/v1/applications", {**body, "proposer": proposer}, status=201, **who)
            edited = committee.call("PATCH", f"/v1/applications/{case['id']}", {"urgency": "x"}, **who)
            read = committee.call("GET", f"/v1/applications/{case['id']}", **who)
            entries.append([(each["enrolment_status"], each["withheld"]) for each in (case, edited, read)])
        assert entries[0] == entries[1], who
        assert {status for status, _ in entries[0]} == {None}
        assert all("enrolment_status" in withheld for _, withheld in entries[0])


def test_the_own_zone_and_the_committee_know_how_the_file_stands(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    body = whole(protocol_id)
    registry_says(database, body["enrolment_id"], "active")
    path = f"/v1/applications/{drafted(committee, body, POLICE)}"
    assert committee.call("GET", path, **POLICE)["enrolment_status"] == "active"
    committee.call("POST", f"{path}/submit", **POLICE)
    assert committee.call("GET", path, **SECRETARY)["enrolment_status"] == "active"
