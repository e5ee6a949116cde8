"""Applications: the one table of moves, and what a complete one needs."""

from dataclasses import asdict
from itertools import product
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.security.accounts import account, accounts
from services.committee.domain import application as domain
from services.committee.domain import presence, protocol
from services.committee.domain.application import Assessment, Checked, Content, Level, Move, State
from services.committee.domain.meeting import PENDING_TABLE, PendingMove, PendingState, pending_moved
from services.committee.domain.protocol import Rules
from services.committee.domain.review import REVIEW_TABLE, ReviewState
from services.committee.errors import (
    ApplicationMoveRefused,
    ConditionsUnmet,
    MeetingMoveRefused,
    ProtocolMoveRefused,
    RiskLoweredByOfficer,
)

WHOLE = {
    "enrolment_id": UUID(int=1),
    "protocol_id": UUID(int=2),
    "procedure": "urgent",
    "proposer": "police",
    "urgency": "he is at the door",
    "pv_numbers": ("GE.37.L1.1/2026",),
    **{f"elements.{name}": "grounds" for name in domain.ELEMENTS},
    "conditions.intimate": Checked(True),
    "conditions.reachable": Checked(False, "no telephone yet"),
    "assessment.instrument": "SAM",
    "assessment.version": "2.1",
    "assessment.answers": {"N1": "yes"},
    "assessment.level": "high",
}
RULES = Rules(("ordinary", "urgent"), ("police",), ("z1",), ("intimate", "reachable"))


def content(names: set[str]) -> Content:
    given = {name: value for name, value in WHOLE.items() if name in names}
    nested: dict[str, dict[str, object]] = {"elements": {}, "conditions": {}, "assessment": {}}
    for name, value in given.items():
        group, _, field = name.partition(".")
        if field:
            nested[group][field] = value
    plain = {name: value for name, value in given.items() if "." not in name}
    assessment = Assessment(**nested.pop("assessment"))  # type: ignore[arg-type]
    return Content(**plain, **nested, assessment=assessment)  # type: ignore[arg-type]


def test_nobody_falls_silent() -> None:
    """From an alarm that lives, only the hand-over of the device leads to one that does not."""
    leaving = {(s, m) for (s, m), to in domain.MOVES.items() if s in domain.ALIVE and to not in domain.ALIVE}
    assert leaving == {("ending", "close")}


def test_no_alarm_without_a_grant() -> None:
    entering = {m for (s, m), to in domain.MOVES.items() if s not in domain.ALIVE and to in domain.ALIVE}
    assert entering == {"grant", "grant_provisionally"}


@pytest.mark.parametrize(("state", "move"), list(product(domain.STATES, domain.ALL_MOVES)))
def test_every_move_is_in_the_table_or_refused(state: State, move: Move) -> None:
    if (state, move) in domain.MOVES:
        assert domain.moved(state, move) in domain.STATES
        return
    with pytest.raises(ApplicationMoveRefused) as refused:
        domain.moved(state, move)
    assert refused.value.status == 409
    assert refused.value.kind == "application-move-refused"
    assert state in refused.value.detail


@pytest.mark.parametrize(("state", "move"), list(product(protocol.VERSION_STATES, protocol.VERSION_MOVES)))
def test_a_version_moves_by_its_table(state: protocol.VersionState, move: protocol.VersionMove) -> None:
    if (state, move) in protocol.TABLE:
        assert protocol.version_moved(state, move) == protocol.TABLE[state, move]
        return
    with pytest.raises(ProtocolMoveRefused):
        protocol.version_moved(state, move)


@pytest.mark.parametrize(("state", "move"), list(product(PendingState, get_args(PendingMove))))
def test_a_decision_that_waits_moves_by_its_table_and_once(state: PendingState, move: PendingMove) -> None:
    if state == PendingState.WAITING:
        assert pending_moved(state, move) == PENDING_TABLE[state, move] != state
        return
    with pytest.raises(MeetingMoveRefused):
        pending_moved(state, move)


def test_a_review_that_was_held_or_void_never_moves_again() -> None:
    assert {before for before, _ in REVIEW_TABLE} == {ReviewState.OPEN, ReviewState.OVERDUE}


def test_nothing_that_was_signed_is_edited_and_nothing_binds_unsigned() -> None:
    assert {s for s, m in protocol.TABLE if m == "edit"} == {"draft", "sent_back"}
    assert {s for (s, _), to in protocol.TABLE.items() if to == "in_force"} == {"signed"}
    assert {s for (s, _), to in protocol.TABLE.items() if to == "signed"} == {"approved"}


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_one_missing_field_is_named_alone(name: str) -> None:
    expected = [] if name == "procedure" else [name]
    found = domain.missing(content(set(WHOLE) - {name}), RULES)
    assert found == (expected or ["procedure"])


@given(st.sets(st.sampled_from(sorted(WHOLE))))
def test_all_that_is_missing_is_named_at_once(present: set[str]) -> None:
    expected = set(WHOLE) - present
    if "procedure" in expected:
        expected -= {"urgency"}  # only an urgent case needs it
    assert set(domain.missing(content(present), RULES)) == expected


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_text_is_missing(blank: str) -> None:
    empty = Content(pv_numbers=(blank,), elements=dict.fromkeys(domain.ELEMENTS, blank), exceptional=blank)
    assert {"pv_numbers", "elements.harassment", "protocol_id"} <= set(domain.missing(empty, None))


def test_an_exceptional_case_needs_no_protocol() -> None:
    outside = Content(
        **{**asdict(Content()), "exceptional": "no protocol here yet", "assessment": Assessment()}
    )
    assert "protocol_id" not in domain.missing(outside, None)
    assert domain.forbidden(outside, Rules(), "z9") == {}


def test_what_the_protocol_does_not_allow_is_named() -> None:
    found = content(set(WHOLE))
    assert domain.forbidden(found, RULES, "z1") == {}
    assert set(domain.forbidden(found, Rules((), (), (), ()), "z1")) == {
        "procedure",
        "proposer",
        "protocol_id",
        "conditions.intimate",
        "conditions.reachable",
    }
    assert set(domain.forbidden(found, RULES, "z2")) == {"protocol_id"}
    assert set(domain.forbidden(found, None, "z1")) == {"protocol_id"}


def test_a_grant_needs_every_condition() -> None:
    with pytest.raises(ConditionsUnmet) as refused:
        domain.refuse_unmet(content(set(WHOLE)).conditions, RULES)
    assert refused.value.extra["unmet"] == ["reachable"]
    domain.refuse_unmet({"intimate": Checked(True), "reachable": Checked(True)}, RULES)


@pytest.mark.parametrize(("before", "after"), list(product((None, *domain.LEVELS), domain.LEVELS)))
def test_any_officer_raises_and_only_the_committee_lowers(before: Level | None, after: Level) -> None:
    domain.refuse_lowering(before, after, committee=True)
    if before is not None and domain.LEVELS.index(after) < domain.LEVELS.index(before):
        with pytest.raises(RiskLoweredByOfficer):
            domain.refuse_lowering(before, after, committee=False)
    else:
        domain.refuse_lowering(before, after, committee=False)


@given(st.sets(st.sampled_from(["police", "parket", "city", "victim-support"])))
def test_police_and_parket_are_always_part_of_the_quorum(present: set[str]) -> None:
    missing = protocol.quorum_missing(("city",), present)
    assert set(missing) == {"police", "parket", "city"} - present
    assert protocol.contradictions(("city",), ("city",), ("city",), ("city",)) == {
        "quorum": "must contain police and parket"
    }


PERSON = st.text(min_size=1).map(account)


@given(
    st.dictionaries(PERSON, st.sampled_from(["police", "parket"])),
    st.dictionaries(PERSON, st.sampled_from(["police", "parket"])),
    st.sets(st.text(min_size=1)),
)
def test_who_is_conflicted_counts_for_nothing(
    confirmed: dict[str, str], recorded: dict[str, str], conflicted: set[str]
) -> None:
    found = presence.count(confirmed, recorded, conflicted, ("police", "parket"))
    assert (found.present | found.awaited | found.excluded).keys() == confirmed.keys() | recorded.keys()
    assert not {*found.present, *found.awaited} & accounts(conflicted)
    assert set(found.excluded) <= accounts(conflicted)
    # One person once, and by their own word where there is one.
    assert not found.present.keys() & found.awaited.keys()
    assert found.present.items() <= confirmed.items()
    assert {*found.missing, *found.waits_for} == {"police", "parket"} - set(found.present.values())
    assert not set(found.missing) & set(found.waits_for)


@given(st.text())
def test_an_account_is_compared_the_same_however_often(name: str) -> None:
    assert account(account(name)) == account(name) == account(f" {name} ")


@pytest.mark.parametrize(
    "spelt",
    [
        *(
            "Bert",
            " bert ",
            "BERT",
            "\uff42\uff45\uff52\uff54",
            "b\u200bert",
            "be\u00adrt",
            "bert\ufe0f",
            "b\u034fert",
        ),
        *("\u3164bert", "bert\u2800", "\u180ebert", "ber\u00a0t", "bert\x00", "\u202ebert", "bert\U000e0061"),
    ],
)
def test_one_person_has_one_account(spelt: str) -> None:
    assert account(spelt) == "bert"
