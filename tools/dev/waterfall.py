"""The waterfall of one alarm in the terminal: every span through every service, and where the time went."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_BAR = 16
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green")


@dataclass(frozen=True)
class Span:
    """One span as the collector gives it; times in nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: str = "unset"

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Span":
        """Read it from the collector's JSON."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__ if name in row})


@dataclass(frozen=True)
class Step:
    """A span in its place: how deep, how long after its parent's end it began, and its own time."""

    span: Span
    depth: int
    wait_ns: int  # from the end of the parent to this start: on the wire and in queues
    own_ns: int  # its duration without what its children account for
    orphan: bool  # names a parent that nobody reported

    @property
    def cost_ns(self) -> int:
        """What this hop took by itself."""
        return self.wait_ns + self.own_ns


def steps(spans: Sequence[Span]) -> list[Step]:
    """Arrange the spans of one trace as a tree, depth first, siblings by start."""
    known = {span.span_id: span for span in spans}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda s: (s.start_ns, s.span_id)):
        children[span.parent_id if span.parent_id in known else None].append(span)
    found: list[Step] = []
    todo = [(span, 0) for span in reversed(children[None])]
    while todo:
        span, depth = todo.pop()
        parent = known.get(span.parent_id or "")
        below = children[span.span_id]
        wait = max(0, span.start_ns - parent.end_ns) if parent else 0
        own = span.end_ns - span.start_ns - _covered(span, below)
        orphan = span.parent_id is not None and parent is None
        found.append(Step(span, depth, wait, own, orphan))
        todo.extend((child, depth + 1) for child in reversed(below))
    return found


def slowest(found: Sequence[Step]) -> Step | None:
    """Find the hop that took most by itself, waiting included."""
    return max(found, key=lambda step: step.cost_ns, default=None)


def render(rows: Sequence[Mapping[str, Any]], title: str) -> RenderableType:
    """Draw the waterfall of all traces in `rows` (the collector's JSON), one after the other."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for row in rows:
        traces[row["trace_id"]].append(Span.of(row))
    ordered = sorted(traces.values(), key=lambda spans: min(span.start_ns for span in spans))
    return Group(*(_waterfall(spans, f"{title} - trace {spans[0].trace_id}") for spans in ordered))


def _waterfall(spans: list[Span], title: str) -> RenderableType:
    found = steps(spans)
    start, end = min(s.start_ns for s in spans), max(s.end_ns for s in spans)
    services = list(dict.fromkeys(step.span.service for step in found))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(services)}
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    # On a narrow terminal the names of spans give way, never a figure or a remark.
    widest = max(map(len, services))
    table.add_column("service", no_wrap=True, min_width=widest)
    table.add_column("span")
    table.add_column("at ms", no_wrap=True, justify="right", min_width=6)
    table.add_column("", no_wrap=True, min_width=_BAR)
    table.add_column("ms", no_wrap=True, justify="right", min_width=6)
    table.add_column("", no_wrap=True)
    worst = slowest(found)
    for step in found:
        span, colour = step.span, colours[step.span.service]
        style = "bold red" if span.status == "error" else ""
        table.add_row(
            Text(span.service, style=colour),
            Text("  " * step.depth + span.name, style=style, no_wrap=True, overflow="ellipsis"),
            _ms(span.start_ns - start),
            Text(_bar(span, start, end - start), style="red" if style else colour),
            _ms(span.end_ns - span.start_ns),
            _remark(step, step is worst),
        )
    orphans = sum(step.orphan for step in found)
    summary = Text(f"{len(spans)} spans in {len(services)} services, {_ms(end - start)} ms")
    summary.append(f", {orphans} without their parent\n" if orphans else "\n")
    if worst:
        waited = f" ({_ms(worst.wait_ns)} of them waiting)" if worst.wait_ns else ""
        text = f"slowest hop: {worst.span.service}, {worst.span.name}: {_ms(worst.cost_ns)} ms{waited}\n"
        summary.append(text, style="bold yellow")
    return Group(table, summary)


def _remark(step: Step, worst: bool) -> Text:
    remark = Text()
    if step.span.status == "error":
        remark.append("error ", style="bold red")
    if step.orphan:
        remark.append("parent missing ", style="red")
    if worst:
        remark.append("<-slowest", style="bold yellow")
    return remark


def _covered(span: Span, children: Sequence[Span]) -> int:
    """Sum how much of a span its children account for, overlaps counted once; nanoseconds."""
    covered, reached = 0, span.start_ns
    for child in children:
        begin, end = max(child.start_ns, reached), min(child.end_ns, span.end_ns)
        if end > begin:
            covered, reached = covered + end - begin, end
    return covered


def _bar(span: Span, start: int, whole: int) -> str:
    scale = _BAR / max(whole, 1)
    left = min(round((span.start_ns - start) * scale), _BAR - 1)
    width = max(1, min(round((span.end_ns - span.start_ns) * scale), _BAR - left))
    return " " * left + "█" * width


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.1f}"
