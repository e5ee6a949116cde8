"""The pure rules of dispatch."""

from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.alarm import digest_code
from contracts.dispatch import OrderState
from services.dispatch.domain.cancellation import judge_cancel
from services.dispatch.domain.escalation import ladder_of
from services.dispatch.domain.orders import LIVE, ORDER_MOVES, OVER, already_there, can_move
from services.dispatch.domain.subjects import subject_of
from services.dispatch.domain.urgency import urgency_of

STATES: tuple[OrderState, ...] = get_args(OrderState)
states = st.sampled_from(STATES)


def test_every_state_has_its_row() -> None:
    assert set(ORDER_MOVES) == set(STATES)
    assert all(not ORDER_MOVES[state] for state in OVER)


@given(st.lists(states, max_size=12))
def test_an_order_that_is_over_never_comes_back(moves: list[OrderState]) -> None:
    current: OrderState = "proposed"
    ended = False
    for target in moves:
        if can_move(current, target):
            assert not ended
            current = target
            ended = current in OVER
    assert not (ended and current in LIVE)


@given(states, states)
def test_a_repeated_report_is_harmless_and_a_refused_one_is_not_called_so(
    current: OrderState, target: OrderState
) -> None:
    if current == target:
        assert already_there(current, target)
    if target in ("sent", "closed", "declined", "withdrawn") and current != target:
        assert not already_there(current, target)


def test_a_late_receipt_after_en_route_changes_nothing() -> None:
    assert already_there("en_route", "received")
    assert not already_there("sent", "received")


def test_an_unverified_press_never_shares_a_subject_with_a_verified_one() -> None:
    device, enrolment = uuid4(), uuid4()
    verified = {subject_of(str(device), enrolment, "verified"), subject_of(str(device), None, "verified")}
    assert subject_of(str(device), enrolment, "unverified") not in verified
    # Both devices of one enrolment (a swap) are one subject.
    assert subject_of("a", enrolment, "verified") == subject_of("b", enrolment, "verified")


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_verified_alarms_always_stand_above_unverified_ones(presses: int, others: int) -> None:
    assert urgency_of("verified", presses, None) > urgency_of("unverified", others, "duress")
    assert urgency_of("verified", presses, "duress") > urgency_of("verified", others, "requested")


def test_a_cancel_request_never_lowers_urgency() -> None:
    assert urgency_of("verified", 2, "requested") == urgency_of("verified", 2, None)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("1234", ("requested", True)),
        ("9876", ("duress", True)),
        ("0000", ("requested", False)),
        # As keyboards, apps and gateways write them: duress is duress.
        (9876, ("duress", True)),
        (" 98 76\n", ("duress", True)),
        ("٩٨٧٦", ("duress", True)),
        ("９８７６", ("duress", True)),
        (None, ("requested", False)),
    ],
)
def test_codes_are_judged(code: object, verdict: tuple[str, bool]) -> None:
    alarm = UUID(int=7)
    assert judge_cancel(alarm, digest_code(alarm, code), "1234", "9876") == verdict


def test_a_code_of_another_alarm_is_wrong() -> None:
    assert judge_cancel(UUID(int=1), digest_code(UUID(int=2), "9876"), "1234", "9876") == ("requested", False)


def test_unverified_presses_do_not_load_the_neighbour() -> None:
    assert ladder_of("verified")[-1] == "neighbour"
    assert "neighbour" not in ladder_of("unverified")
    # For want of the registry's word only: it may be as real as any.
    assert ladder_of("unverified", ["proof_pending"])[-1] == "neighbour"
