"""What one request does, for the audit log: kept beside it while it runs; no web framework, no database.

`chassis/security/audit_trail.py` begins one for each request, whoever calls is added when they are known, and
the use cases add which objects it came to. What changes something is noted with the commit of what it changes.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from chassis.database.sql import Statement
from chassis.security.principal import Principal

Write = Callable[["Act"], Statement | None]


@dataclass(slots=True)
class Act:
    """One request. `changes`: it may change something; `noted`: the log has it.

    `about`: objects with their kind (`unit:12`), each with the state that is told of it where only another
    state is news. `every_s`: how often the same is worth a line, in seconds; None: each time.
    """

    scope: Mapping[str, Any]
    write: Write
    changes: bool
    caller: Principal | None = None
    noted: bool = False
    about: dict[str, object] = field(default_factory=dict)
    every_s: float | None = None
    # `about` says all: not the ids in the path.
    own: bool = False

    def line(self) -> Statement | None:
        """Build the entry of a change that is not noted yet; None where there is nothing to say."""
        return self.write(self) if self.changes and not self.noted and self.caller is not None else None


CURRENT: ContextVar[Act | None] = ContextVar("act", default=None)


def current() -> Act | None:
    """Give the act that this code is part of; None in a worker, which nobody tells what to do."""
    return CURRENT.get()


def by(caller: Principal) -> None:
    """Note who does it."""
    if (act := CURRENT.get()) is not None:
        act.caller = caller


def about(*objects: str, state: object = None) -> None:
    """Note the objects that it came to, and the state told of each."""
    if (act := CURRENT.get()) is not None:
        act.about.update(dict.fromkeys(objects, state))


def only_about(*objects: str) -> None:
    """Begin another act of the same request, with a line of its own."""
    if (act := CURRENT.get()) is not None:
        act.about, act.noted, act.own = dict.fromkeys(objects), False, True


def seldom(every_s: float) -> None:
    """Log this seldom, for it happens all the time: a line in so many seconds, and one for each other state."""
    if (act := CURRENT.get()) is not None:
        act.every_s = every_s


def noted(action: str) -> None:
    """Note that the log gets an entry of this action now; an entry of a read does not stand for a change."""
    act = CURRENT.get()
    if act is not None and (action != "read" or not act.changes):
        act.noted = True


def undone() -> None:
    """Take back what was noted: it was rolled back."""
    if (act := CURRENT.get()) is not None:
        act.noted = False
