"""Files and devices: the tables of moves, the preconditions of activation, pseudonyms."""

from dataclasses import fields
from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain import card, stock
from services.registry.domain import lifecycle as domain
from services.registry.domain.lifecycle import (
    DeviceMove,
    DeviceStatus,
    EnrolmentMove,
    EnrolmentStatus,
    Preconditions,
)
from services.registry.domain.stock import StockMove, StockStatus
from services.registry.errors import (
    ActivationRefused,
    DeviceMoveRefused,
    EnrolmentMoveRefused,
    StockMoveRefused,
)

NAMES = tuple(f.name for f in fields(Preconditions))
KEY = b"a key of this test"


def preconditions(missing: set[str]) -> Preconditions:
    return Preconditions(**{name: name not in missing for name in NAMES})


@pytest.mark.parametrize(("status", "move"), list(product(EnrolmentStatus, domain.ENROLMENT_MOVES)))
def test_every_move_of_a_file_is_in_the_table_or_refused(status: EnrolmentStatus, move: EnrolmentMove) -> None:
    allowed = {
        ("open", "activate"): "active",
        ("suspended", "activate"): "active",
        ("active", "suspend"): "suspended",
        ("open", "end"): "ended",
        ("active", "end"): "ended",
        ("suspended", "end"): "ended",
    }
    if (status, move) in allowed:
        assert domain.enrolment_moved(status, move) == allowed[status, move]
        return
    with pytest.raises(EnrolmentMoveRefused, match=status):
        domain.enrolment_moved(status, move)


@pytest.mark.parametrize(("status", "move"), list(product(DeviceStatus, domain.DEVICE_MOVES)))
def test_every_move_of_a_device_is_in_the_table_or_refused(status: DeviceStatus, move: DeviceMove) -> None:
    allowed: dict[str, set[str]] = {
        "activate": {"matched"},
        "suspend": {"matched", "active"},
        "report_lost": {"matched", "active", "suspended"},
        "return": {"matched", "active", "suspended", "lost"},
        "reactivate": {"suspended", "lost"},
    }
    if status in allowed[move]:
        assert domain.device_moved(status, move) in DeviceStatus
        return
    with pytest.raises(DeviceMoveRefused, match=status):
        domain.device_moved(status, move)


@pytest.mark.parametrize(("status", "move"), list(product(StockStatus, stock.STOCK_MOVES)))
def test_every_move_of_an_item_of_the_stock_is_in_the_table_or_refused(
    status: StockStatus, move: StockMove
) -> None:
    allowed: dict[str, set[str]] = {
        "match": {"stock"},
        "take_back": {"returned"},
        "report_lost": {"stock", "returned"},
        "find": {"lost"},
        "retire": {"stock", "returned", "lost"},
    }
    if status in allowed[move]:
        assert stock.stock_moved(status, move) in StockStatus
        return
    with pytest.raises(StockMoveRefused, match=status):
        stock.stock_moved(status, move)


def test_only_what_was_wiped_is_stock_again() -> None:
    assert {key for key, after in stock.STOCK_TABLE.items() if after == "stock"} == {("returned", "take_back")}


@pytest.mark.parametrize("kept", StockStatus)
def test_a_device_speaks_for_its_parts(kept: StockStatus) -> None:
    for device in (DeviceStatus.MATCHED, DeviceStatus.ACTIVE, DeviceStatus.SUSPENDED):
        assert stock.stock_status(kept, device) == "issued"
    assert stock.stock_status(kept, DeviceStatus.LOST) == "lost"
    assert stock.stock_status(kept, None) == ("returned" if kept == "issued" else kept)


def test_only_activation_makes_a_device_active() -> None:
    assert {key for key, after in domain.DEVICE_TABLE.items() if after == "active"} == {("matched", "activate")}


def test_the_preconditions_are_the_ones_that_the_users_named() -> None:
    assert set(NAMES) == {"police_report", "grant", "convention", "card", "device", "test_press"}


@pytest.mark.parametrize("name", NAMES)
def test_one_missing_precondition_is_named_alone(name: str) -> None:
    with pytest.raises(ActivationRefused) as refused:
        preconditions({name}).refuse_if_missing()
    assert refused.value.extra == {"missing": [name]}


@given(st.sets(st.sampled_from(NAMES)))
def test_all_missing_preconditions_are_named_at_once(missing: set[str]) -> None:
    found = preconditions(missing)
    assert set(found.missing) == missing
    if missing:
        with pytest.raises(ActivationRefused) as refused:
            found.refuse_if_missing()
        assert all(name in refused.value.detail for name in missing)
    else:
        found.refuse_if_missing()


@pytest.mark.parametrize("name", ["José  Van den Bröck", "jose van den brock", "VAN DEN BROCK, José"])
def test_spelling_does_not_split_a_person(name: str) -> None:
    born = date(1980, 1, 2)
    expected = card.perpetrator_ref(KEY, UUID(int=1), "José Van den Bröck", born)
    assert card.perpetrator_ref(KEY, UUID(int=2), name, born) == expected


def test_pseudonyms_part_what_is_not_the_same() -> None:
    file, born = UUID(int=1), date(1980, 1, 2)
    refs = {
        card.perpetrator_ref(KEY, file, "Jan Claes", born),
        card.perpetrator_ref(KEY, file, "Jan Claes", date(1980, 1, 3)),
        card.perpetrator_ref(KEY, file, "Jo Claes", born),
        card.perpetrator_ref(b"another key", file, "Jan Claes", born),
        # Without a birth date nobody is linked across files.
        card.perpetrator_ref(KEY, file, "Jan Claes", None),
        card.perpetrator_ref(KEY, UUID(int=2), "Jan Claes", None),
    }
    assert len(refs) == 6
