"""Work on many things so that one that fails hurts no other: it is found, told of by its id, left behind."""

import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

from chassis.database.sql import passing, unreachable

log = logging.getLogger(__name__)

T = TypeVar("T")
Attempt = Callable[[Sequence[T]], None]
# A group that fails is cut into so many: few attempts find one among many, and many bad ones cost little more
# than one attempt each.
_PARTS = 4


@contextmanager
def apart(what: str, which: object) -> Iterator[None]:
    """Log a failure within by its type and go on; a database that is away is raised all the same."""
    try:
        yield
    except Exception as error:
        if unreachable(error):
            raise
        # Not the text of the error: it could hold personal data.
        log.error("%s %s failed: %s", what, which, type(error).__name__)


def bisect(items: Sequence[T], attempt: Attempt[T]) -> list[tuple[T, Exception]]:
    """Attempt all together, and where that fails ever smaller groups; returns which items fail alone, and why.

    After a lock or a time-out each is attempted alone: those take their time. When the database is away the
    rest is not attempted, and fails alike.
    """
    return _search([list(items)], attempt, None) if items else []


def _search(
    groups: Iterable[list[T]], attempt: Attempt[T], most_passing: int | None
) -> list[tuple[T, Exception]]:
    waiting, failed, waited = deque(groups), list[tuple[T, Exception]](), 0
    while waiting:
        group = waiting.popleft()
        error = _outcome(attempt, group)
        if error is None:
            continue
        waited += passing(error) and len(group) == 1
        if unreachable(error) or (waited and waited == most_passing):
            return failed + [(item, error) for item in chain(group, *waiting)]
        if len(group) == 1:
            failed.append((group[0], error))
        else:
            waiting.extend(_parts(group, len(group) if passing(error) else _PARTS))
    return failed


def _parts(group: Sequence[T], number: int) -> list[list[T]]:
    size = -(-len(group) // number)
    return [list(group[at : at + size]) for at in range(0, len(group), size)]


def _outcome(attempt: Attempt[T], group: Sequence[T]) -> Exception | None:
    try:
        attempt(group)
    except Exception as error:  # noqa: BLE001 - whatever an item breaks, the others go on
        return error
    return None


@dataclass(frozen=True, slots=True)
class Less(Generic[T]):
    """How to attempt an item that fails for what it holds.

    `without`: by what is left out, the item without it, in this order. `cheap`: those of them that may as well
    be left out of all items of one sender at once: so hundreds of bad ones cost little more than good ones.
    """

    without: Mapping[str, Callable[[T], T]]
    cheap: Sequence[str]
    sender: Callable[[T], Hashable]
    # The id by which an item is told of.
    which: Callable[[T], object]


def bisect_with_less(
    items: Sequence[T], attempt: Attempt[T], less: Less[T], most_passing: int | None = None
) -> list[tuple[T, Exception]]:
    """Search as `bisect` does, each sender apart from the others; what fails for what it holds goes without it.

    `most_passing`: after so many items that met a lock or a time-out alone, the rest fails alike.
    """
    first = _outcome(attempt, items) if items else None
    if first is None:
        return []
    if unreachable(first) or (passing(first) and len(items) == 1):
        return [(item, first) for item in items]
    if passing(first):
        failed = _search(_parts(items, len(items)), attempt, most_passing)
    else:
        failed = _of_senders(items, attempt, less, most_passing)
    for name in less.without:
        broken = [item for item, error in failed if not passing(error)]
        still = dict[int, Exception]()
        for item in broken:
            if (error := _went_without(name, [item], attempt, less)) is not None:
                still[id(item)] = error
        failed = [
            (item, still.get(id(item), error)) for item, error in failed if passing(error) or id(item) in still
        ]
    return failed


def _of_senders(
    items: Sequence[T], attempt: Attempt[T], less: Less[T], most_passing: int | None
) -> list[tuple[T, Exception]]:
    by_sender: dict[Hashable, list[T]] = {}
    for item in items:
        by_sender.setdefault(less.sender(item), []).append(item)
    failed = list[tuple[T, Exception]]()
    for group in sorted(by_sender.values(), key=len):
        if len(by_sender) > 1 and _outcome(attempt, group) is None:
            continue
        if len(group) > 1 and any(_went_without(name, group, attempt, less) is None for name in less.cheap):
            continue
        failed += _search(_parts(group, _PARTS), attempt, most_passing)
    return failed


def _went_without(name: str, group: Sequence[T], attempt: Attempt[T], less: Less[T]) -> Exception | None:
    """Attempt a group without `name`, and log what went so; returns why it failed, None when it went."""
    error = _outcome(attempt, [less.without[name](item) for item in group])
    if error is None:
        for item in group:
            log.error("%s is kept without its %s: the database refused it", less.which(item), name)
    return error
