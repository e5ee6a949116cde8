"""Reviews and points of an agenda move by their tables, through the API and the store."""

from uuid import UUID

import pytest

from chassis.database.database import Database
from services.committee.domain.meeting import POINT_TABLE, PointState
from services.committee.domain.review import REVIEW_TABLE, ReviewState
from services.committee.store.reviews import mark_overdue
from tests.support.committee import SECRETARY, about, alive, meeting, reviews, submitted, whole
from tests.support.desks import Desk

KEEP = {
    "outcome": "keep",
    "reasons": "said",
    "conditions": {"intimate": {"met": True}, "reachable": {"met": True}},
}


@pytest.mark.parametrize("state", ReviewState)
def test_a_review_moves_by_its_table(
    committee: Desk, database: Database, protocol_id: str, state: ReviewState
) -> None:
    _, enrolment = alive(committee, protocol_id)
    (review,) = reviews(committee, enrolment, "periodic")
    held = meeting(committee, protocol_id, {"review_id": review["id"]})

    def put(into: ReviewState) -> None:
        text = "'keep', now()" if into == ReviewState.HELD else "NULL, NULL"
        committee.execute(
            f"UPDATE reviews SET (state, outcome, held_at) = ('{into}', {text}) WHERE id = '{review['id']}'"
        )

    def found() -> str:
        [[text]] = committee.sql(f"SELECT state FROM reviews WHERE id = '{review['id']}'")
        return str(text)

    put(state)
    with database.transaction() as tx:
        mark_overdue(tx.session, [UUID(review["id"])])
    assert found() == REVIEW_TABLE.get((state, "miss"), state)
    put(state)
    status = committee.raw_json(
        "POST", f"/v1/reviews/{review['id']}/hold", {"meeting_id": held, **KEEP}, **SECRETARY
    )
    after = REVIEW_TABLE.get((state, "hold"))
    assert (status, found()) == ((200, after) if after else (409, state))
    if after is None:
        put(ReviewState.OPEN)


@pytest.mark.parametrize("state", PointState)
def test_a_point_moves_by_its_table(committee: Desk, protocol_id: str, state: PointState) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path))

    def found() -> str:
        [[said]] = committee.sql(f"SELECT state FROM agenda_items WHERE meeting_id = '{held}'")
        return str(said)

    committee.execute(f"UPDATE agenda_items SET state = '{state}' WHERE meeting_id = '{held}'")
    status = committee.raw_json("POST", f"{path}/grant", {"meeting_id": held, "reasons": "said"}, **SECRETARY)
    decided = POINT_TABLE.get((state, "decide"))
    assert (status == 200, found()) == (decided is not None, decided or state)
    committee.call("POST", f"/v1/meetings/{held}/close", **SECRETARY)
    assert found() == POINT_TABLE.get((decided or state, "adjourn"), decided or state)
    # No decision waits for it.
    committee.execute(
        f"UPDATE agenda_items SET state = 'adjourned' WHERE state = 'waiting' AND meeting_id = '{held}'"
    )


def test_a_point_that_nobody_decided_is_adjourned(committee: Desk, protocol_id: str) -> None:
    held = meeting(committee, protocol_id, about(submitted(committee, whole(protocol_id))))
    closed = committee.call("POST", f"/v1/meetings/{held}/close", **SECRETARY)
    assert closed["agenda"][0]["state"] == POINT_TABLE[PointState.OPEN, "adjourn"]
