"""The waterfall: order, own time, waits, orphans, and which hop is the slowest."""

from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tools.dev.waterfall import Span, render, slowest, steps

MS = 10**6


def span(number: int, parent: int | None, start: int, end: int, **more: Any) -> Span:
    """A span from `start` to `end` milliseconds."""
    parent_id = None if parent is None else f"{parent:016x}"
    fields = {"service": "alarm", "name": f"span {number}", "kind": "internal", **more}
    return Span("a" * 32, f"{number:016x}", parent_id, start_ns=start * MS, end_ns=end * MS, **fields)


def test_children_follow_their_parent_in_order_of_time() -> None:
    found = steps([span(3, 1, 5, 6), span(2, 1, 1, 2), span(4, 2, 1, 2), span(1, None, 0, 10)])
    assert [(step.span.name, step.depth) for step in found] == [
        ("span 1", 0),
        ("span 2", 1),
        ("span 4", 2),
        ("span 3", 1),
    ]


def test_own_time_leaves_out_children_and_counts_overlaps_once() -> None:
    parent = steps([span(1, None, 0, 10), span(2, 1, 1, 5), span(3, 1, 3, 7), span(4, 1, 9, 20)])[0]
    assert parent.own_ns == (1 + 2) * MS


def test_the_slowest_hop_counts_the_time_in_the_queue() -> None:
    sent, worked, processed = span(1, None, 0, 1), span(2, 1, 0, 1), span(3, 1, 41, 45)
    worst = slowest(steps([sent, worked, processed]))
    assert worst is not None
    assert (worst.span, worst.wait_ns, worst.cost_ns) == (processed, 40 * MS, 44 * MS)


def test_a_span_whose_parent_was_never_reported_is_told() -> None:
    assert [step.orphan for step in steps([span(1, None, 0, 1), span(2, 9, 2, 3)])] == [False, True]


def test_everything_is_on_the_screen() -> None:
    rows = [
        vars(span(1, None, 0, 3, service="alarm", name="POST /v1/presses")),
        vars(span(2, 1, 8, 10, service="dispatch", name="process dispatch.alarms", status="error")),
    ]
    out = StringIO()
    Console(file=out, width=80).print(render(rows, "alarm x"))
    text = out.getvalue()
    assert "POST /v1/pr" in text
    assert "error" in text
    assert "<-slowest" in text
    assert "slowest hop: dispatch, process dispatch.alarms: 7.0 ms (5.0 of them waiting)" in text
    assert "2 spans in 2 services, 10.0 ms" in text


numbers = st.integers(0, 50)


@given(st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12), numbers, numbers), max_size=12))
def test_no_acyclic_trace_loses_a_span(drawn: list[tuple[int, int | None, int, int]]) -> None:
    unique = {number: (parent, start, length) for number, parent, start, length in drawn}
    spans = [
        span(number, None if parent is None or parent >= number else parent, start, start + length)
        for number, (parent, start, length) in unique.items()
    ]
    found = steps(spans)
    assert sorted(step.span.span_id for step in found) == sorted(s.span_id for s in spans)
    assert all(0 <= step.own_ns <= step.span.end_ns - step.span.start_ns for step in found)
