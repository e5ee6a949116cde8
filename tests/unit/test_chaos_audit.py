"""The auditor of the chaos: each of its bars goes red on what it is there for, and on nothing else."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.chaos.audit import Came, Entry, Findings, Line, audit, only_time, verdict

GOOD = Line(uuid4(), begun=100.0, accepted=True, orders=(Came("order-1", "car-1", at=100.05),))
BOOKED = Entry(stored=True, incidents=1)


def judged(
    line: Line, entry: Entry = BOOKED, *, may_be_late: bool = False, back_s: float | None = None
) -> list[str]:
    found = audit([line], {line.alarm_id: entry})
    within = 5.0 if back_s is not None else None
    return verdict(found, may_be_late=may_be_late, back_s=back_s, back_within_s=within)


def test_a_press_that_came_once_and_in_time_breaks_nothing() -> None:
    assert judged(GOOD) == []


def test_accepted_and_at_no_unit_is_lost_even_if_the_ledger_is_right() -> None:
    assert "1 lost" in judged(replace(GOOD, orders=()))


def test_not_accepted_and_at_no_unit_is_not_lost_but_never_got_a_receipt() -> None:
    refused = replace(GOOD, accepted=False, refusals=3, orders=())
    assert judged(refused) == ["1 presses never got a receipt"]


@pytest.mark.parametrize(
    "second",
    [
        Came("order-2", "car-2", at=101.0),  # two units
        Came("order-2", "car-1", at=101.0),  # two orders at one unit
        Came("order-1", "car-2", at=101.0),  # one order at two units
    ],
)
def test_two_orders_are_a_duplicate(second: Came) -> None:
    assert "1 duplicated" in judged(replace(GOOD, orders=(*GOOD.orders, second)))


def test_an_order_is_of_one_unit_whatever_was_taken_back() -> None:
    first = replace(GOOD.orders[0], withdrawn=True)
    assert "1 duplicated" in judged(replace(GOOD, orders=(first, replace(first, unit_id="car-2"))))


def test_a_unit_that_was_replaced_is_no_duplicate_whether_it_heard_of_it_or_only_the_books_did() -> None:
    second = Came("order-2", "car-2", at=121.0)
    told = replace(GOOD, orders=(replace(GOOD.orders[0], withdrawn=True), second))
    untold = replace(GOOD, orders=(*GOOD.orders, second))
    assert judged(told) == []
    assert judged(untold, replace(BOOKED, withdrawn=frozenset({"order-1"}))) == []


@pytest.mark.parametrize("entry", [Entry(stored=False, incidents=1), Entry(True, 0), Entry(True, 2)])
def test_books_that_do_not_add_up(entry: Entry) -> None:
    assert judged(GOOD, entry) == ["1 unrecorded"]


@pytest.mark.parametrize(
    ("entry", "may_lack", "broken"),
    [
        (Entry(stored=True, incidents=0, told=True), True, []),
        (Entry(stored=False, incidents=0, told=True), True, []),
        (Entry(stored=True, incidents=0, told=True), False, ["1 unrecorded"]),
        (Entry(stored=True, incidents=0), True, ["1 unrecorded"]),
        (Entry(stored=True, incidents=2, told=True), True, ["1 unrecorded"]),
    ],
)
def test_what_the_books_lack_is_named_by_the_ledger_and_only_where_a_fault_may_cost_it(
    entry: Entry, may_lack: bool, broken: list[str]
) -> None:
    found = audit([GOOD], {GOOD.alarm_id: entry})
    assert verdict(found, may_be_late=False, back_s=None, back_within_s=None, may_lack=may_lack) == broken


def test_what_the_books_lack_is_no_excuse_for_a_press_that_nobody_got() -> None:
    lost = replace(GOOD, orders=())
    found = audit([lost], {lost.alarm_id: Entry(stored=True, incidents=0, told=True)})
    assert verdict(found, may_be_late=True, back_s=None, back_within_s=None, may_lack=True) == ["1 lost"]


def test_late_counts_from_the_press_and_only_where_it_must_be_in_time() -> None:
    late = replace(GOOD, orders=(Came("order-1", "car-1", at=105.1),))
    assert judged(late) == ["1 after the deadline"]
    assert judged(late, may_be_late=True) == []


def test_refused_presses_must_be_back_in_time() -> None:
    brought_in = replace(GOOD, refusals=2)
    assert judged(brought_in, back_s=4.9) == []
    assert judged(brought_in, back_s=5.1) == ["refused presses came in 5.1 s after the end, not within 5 s"]
    nobody = verdict(audit([GOOD], {GOOD.alarm_id: BOOKED}), may_be_late=True, back_s=None, back_within_s=5.0)
    assert len(nobody) == 1, "with everything down somebody must have been refused"


def test_a_run_without_presses_proves_nothing() -> None:
    assert verdict(Findings(), may_be_late=False, back_s=None, back_within_s=None) == ["nobody pressed"]


def test_figures() -> None:
    lines = [replace(GOOD, alarm_id=uuid4(), orders=(Came("o", "car", at=100 + n / 100),)) for n in range(100)]
    found = audit(lines, {line.alarm_id: BOOKED for line in lines})
    assert (found.p50_s, found.p99_s, found.worst_s) == (0.5, 0.99, 0.99)
    assert (found.presses, found.accepted, found.dispatched, found.refused) == (100, 100, 100, 0)


def test_only_bars_of_time_have_a_second_chance() -> None:
    late = replace(GOOD, orders=(Came("order-1", "car-1", at=105.1),))
    lost = replace(GOOD, orders=())
    unwell = verdict(
        audit([GOOD], {GOOD.alarm_id: BOOKED}),
        may_be_late=False,
        back_s=None,
        back_within_s=None,
        unwell_after_s=75,
    )
    assert unwell == ["not well again 75 s after its end"]
    assert only_time(judged(late))
    assert only_time(unwell)
    assert not only_time(judged(lost))
    assert not only_time([*judged(late), *judged(lost)])
    assert not only_time([])
