"""Every role on every answer, field by field, against the table of who may know what."""

from typing import Any

import pytest

from contracts.policy import Audience, Circumstances, Group, Personal, audiences, may_know
from services.committee.api import create_app as committee_app
from services.committee.settings import CommitteeSettings
from services.registry.api import create_app as registry_app
from services.registry.settings import RegistrySettings
from tests.support.committee import POLICE, SECRETARY, about, granted, meeting, submitted, whole
from tests.support.desks import Desk, Who
from tests.support.personal import CANARY, compared

AID: Who = {"role": "follow_up", "partner": "victim-support", "district": "Gent"}
ZONE = "z1"


def planted(value: Any) -> Any:
    """The same, with a canary in every text but those that choose from a list."""
    if isinstance(value, dict):
        return {k: planted(v) for k, v in value.items()}
    return [planted(v) for v in value] if isinstance(value, list) else f"{value} {CANARY}"


def claims_of(role: str) -> Who:
    """Somebody of that role who has to do with the case."""
    if role == "follow_up":
        return AID
    return {"role": role, "partner": "police" if role == "file_manager" else "parket", "zone": ZONE}


APPLICATION = {
    "pv_numbers": ["GE.1/2026"],
    "elements": dict.fromkeys(("harassment", "serious_disturbance", "knew_or_should_have_known"), "so"),
    "conditions": {name: {"met": True, "grounds": CANARY} for name in ("intimate", "reachable")},
    "assessment": {
        "instrument": "SAM",
        "version": "2.1",
        "level": "high",
        "answers": {"N1": f"yes {CANARY}"},
    },
}


@pytest.mark.parametrize("own", [True, False])
def test_committee(committee: Desk, committee_settings: CommitteeSettings, protocol_id: str, own: bool) -> None:
    body = APPLICATION | {name: planted(APPLICATION[name]) for name in ("pv_numbers", "elements")}
    who = AID if own else POLICE
    path = submitted(committee, whole(protocol_id, **body, proposer=who["partner"]), who)
    opinion = {"advice": "grant", "shared": f"seen {CANARY}", "kept": f"in therapy {CANARY}"}
    committee.call("PUT", f"{path}/opinion", opinion, **SECRETARY)
    granted(committee, protocol_id, path)
    ids = {"application_id": path.rpartition("/")[2], "meeting_id": meeting(committee, protocol_id)}

    def told(caller: Who) -> Circumstances:
        return Circumstances(own_case=caller["role"] != "follow_up" or own, chosen=True)

    shown = compared(committee_app(committee_settings), committee, ids, claims_of, told)
    file = "/v1/applications/{application_id}"
    assert {f"{file} pv_numbers", f"{file} assessment.level", f"{file}/opinions shared"} <= shown
    answer = committee.answer(path, **AID)
    if own:
        assert answer.json()["assessment"]["level"] == "high"
        assert answer.json()["decision"]["reasons"] == "all three"
        assert {"pv_numbers", "elements", "assessment.answers"} <= set(answer.json()["withheld"])
        assert CANARY not in answer.text
    else:
        assert answer.status_code == 404
    assert committee.answer(path, **SECRETARY).json()["withheld"] == []
    assert about(path)["application_id"]


def test_who_writes_an_application_reads_what_he_writes(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id, **APPLICATION, proposer="victim-support")
    made = committee.call("POST", "/v1/applications", body, status=201, **AID)
    assert made["pv_numbers"] == APPLICATION["pv_numbers"]
    path = f"/v1/applications/{made['id']}"
    assert committee.call("POST", f"{path}/submit", **AID)["pv_numbers"] == []
    assert committee.call("GET", path, **SECRETARY)["pv_numbers"] == APPLICATION["pv_numbers"]


def test_registry(registry: Desk, registry_settings: RegistrySettings) -> None:
    manager: Who = {"role": "file_manager", "partner": "police", "zone": ZONE}
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **manager)['id']}"
    registry.call("PUT", f"{file}/police-report", {"pv_number": CANARY}, **manager)
    registry.call("POST", f"{file}/convention", {"signed_on": "2026-01-02", "by": CANARY}, **manager)
    text = f"x {CANARY}"
    card = {
        "victim": {"name": text, "phone": "+32470998877", "description": text},
        "perpetrators": [
            {
                "name": text,
                "violence": [{"text": text}],
                "weapons": [{"text": text}],
                "vehicles": [{"text": text}],
            }
        ],
        "measures": [{"kind": text}],
        "addresses": [{"kind": "home", "text": text, "access_notes": text}],
        **dict.fromkeys(("dogs", "children", "hearing_or_disability", "notes"), text),
    }
    registry.call(
        "PUT", f"{file}/card", {"card": card, "cancel_code": "1234", "duress_code": "4321"}, **manager
    )
    ids = {"enrolment_id": file.rpartition("/")[2]}
    shown = compared(registry_app(registry_settings), registry, ids, claims_of, lambda _: Circumstances())
    path = "/v1/enrolments/{enrolment_id}"
    assert {f"{path} pv_number", f"{path}/card card.perpetrators", f"{path}/card card.dogs"} <= shown


BRIEF = {
    # group: what each sees while nothing happens, during an alarm that is not theirs, during their own.
    Group.VICTIM: ("file_manager committee", "control_room", "patrol"),
    Group.PERPETRATOR: ("file_manager committee", "control_room", "patrol"),
    Group.LOCATION: ("", "control_room file_manager", "patrol"),
    Group.CASE: ("file_manager committee", "", ""),
    Group.NOTES: ("", "", ""),
    Group.DEVICE: ("file_manager technician", "", ""),
}


@pytest.mark.parametrize("group", BRIEF)
def test_the_table_is_the_briefs(group: Group) -> None:
    known = set[str]()
    situations = (Circumstances(), Circumstances(alarm=True), Circumstances(alarm=True, assigned=True))
    for more, how in zip(BRIEF[group], situations, strict=True):
        known |= set(more.split())
        assert {str(each) for each in Audience if may_know([each], Personal(group), how)} == known


def test_aid_knows_the_essence_of_its_own_cases_and_its_own_notes() -> None:
    own, mine = Circumstances(own_case=True), Circumstances(own_case=True, author=True)
    aid = [Audience.AID]
    assert may_know(aid, Personal(Group.VICTIM), own)
    assert may_know(aid, Personal(Group.CASE, essence=True), own)
    assert not may_know(aid, Personal(Group.CASE, essence=True), Circumstances())
    assert not may_know(aid, Personal(Group.CASE), own)
    assert not may_know(aid, Personal(Group.NOTES), own)
    assert may_know(aid, Personal(Group.NOTES), mine)


def test_a_role_that_is_in_no_column_knows_nothing() -> None:
    everything = Circumstances(*([True] * 5))
    for role in ("service", "admin", "auditor", "nobody"):
        for group in Group:
            assert not may_know(audiences([role]), Personal(group, essence=True), everything)
