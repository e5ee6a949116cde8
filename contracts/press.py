"""A press is taken whatever is wrong in its event: what a reader cannot hold is left out, and flagged."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from contracts.values import read_text, to_utc

# Something of the press was left out that has no flag of its own.
INCOMPLETE = "press_incomplete"
_FLAGS = {"counter": "counter_invalid", "fix": "fix_invalid", "pressed_at": "pressed_at_invalid"}
# When an order must be at a unit, where the event does not say (the default of the alarm service).
_DEADLINE = timedelta(seconds=5)
_LONGEST_ID = 200


def read_press(event: Event) -> AlarmRaised:
    """Read a press; a field that is not what it promises counts as not sent, and what must be there is made up.

    Never believes more than was said: without a readable lane it is unverified.
    """
    data, flags = dict(event.data), list[str]()
    while True:
        try:
            press = AlarmRaised.model_validate(data)
        except ValidationError as error:
            broken = {str(each["loc"][0]) for each in error.errors(include_input=False, include_url=False)}
            for name in sorted(broken):
                flags.append(_FLAGS.get(name, INCOMPLETE))
                data.pop(name, None)
                if name in _REQUIRED:
                    data[name] = _REQUIRED[name](event)
            continue
        for name in ("received_at", "deadline_at"):
            if (moment := getattr(press, name)) != _bounded(moment):
                press = press.model_copy(update={name: _REQUIRED[name](event)})
                flags.append(INCOMPLETE)
        return press.model_copy(update={"flags": _with(press, *flags)}) if flags else press


_REQUIRED: Mapping[str, Callable[[Event], object]] = {
    "alarm_id": lambda event: event.id,
    "device_id": lambda event: read_text(event.data.get("device_id"), _LONGEST_ID) or "unknown",
    "counter": lambda _: None,
    "lane": lambda _: "unverified",
    "received_at": lambda event: _bounded(event.time),
    "deadline_at": lambda event: _bounded(event.time) + _DEADLINE,
}


_EMPTY: Mapping[str, object] = {
    **dict.fromkeys(("counter", "fix", "pressed_at", "content", "proof")),
    "hops": {},
    "channel": "data",
}


def _without(*names: str) -> Callable[[AlarmRaised], AlarmRaised]:
    def less(press: AlarmRaised) -> AlarmRaised:
        flags = _with(press, *(_FLAGS.get(name, INCOMPLETE) for name in names))
        return press.model_copy(update={name: _EMPTY[name] for name in names} | {"flags": flags})

    return less


def _bare(press: AlarmRaised) -> AlarmRaised:
    """Who pressed, when it came, and nothing else, as every store holds them. Without proof: unverified."""
    received_at = _bounded(press.received_at)
    less = _without(*_EMPTY)(press)
    return less.model_copy(
        update={
            "device_id": read_text(press.device_id, _LONGEST_ID) or "unknown",
            "received_at": received_at,
            "deadline_at": received_at + _DEADLINE,
            "flags": tuple(flag for flag in less.flags if flag.isascii() and flag.isprintable()),
        }
    )


# What is left out of a press that a store refuses, one after the other, until it takes it.
WITHOUT: Mapping[str, Callable[[AlarmRaised], AlarmRaised]] = {
    "counter": _without("counter"),
    "fix": _without("fix"),
    "time of pressing": _without("pressed_at"),
    "details": _without("content", "hops", "channel"),
    "everything but sender and time": _bare,
}
# Evidence, by which nobody is sent anywhere.
CHEAP = ("counter", "time of pressing", "details")


def _with(press: AlarmRaised, *flags: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*press.flags, *flags)))


def _bounded(moment: datetime) -> datetime:
    try:
        return to_utc(moment)
    except PydanticCustomError:
        return datetime.now(UTC)
