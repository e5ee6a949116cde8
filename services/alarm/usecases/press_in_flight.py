"""A press on its way into the logs: what was brought, its event and its row, and who holds it so far."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from opentelemetry.trace import Span

from chassis.messaging.message import Message
from chassis.security.vault import Vault
from chassis.telemetry import telemetry
from contracts.common import Channel
from contracts.envelope import wrap
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.domain.press import Claim, Judged
from services.alarm.domain.receipt import Holder
from services.alarm.events.outgoing import SOURCE, alarm_raised
from services.alarm.store.presses import NewPress, Stored


@dataclass(frozen=True, slots=True)
class Joined:
    """How many other presses of its device one carries (see `joining.py`), and from which counter to which."""

    presses: int
    counters: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Brought:
    """A press as it came in. `source`: the address that it came from; once it is held, its pseudonym."""

    claim: Claim
    judged: Judged
    channel: Channel
    received_at: datetime
    source: str | None = None
    joined: Joined | None = None


@dataclass(slots=True, eq=False)
class PressInFlight:
    """Who holds a press so far, and the receipt if it turned out to be known already."""

    press: NewPress
    message: Message
    span: Span
    holders: set[Holder] = field(default_factory=set)
    failed: set[Holder] = field(default_factory=set)
    before: Stored | None = None
    handing: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, holder: Holder, *, holds: bool) -> None:
        """Note that a holder has the press, or has failed for now."""
        (self.holders if holds else self.failed).add(holder)
        self.changed.set()


def prepare(brought: Brought, deadline_s: float, vault: Vault) -> PressInFlight:
    """Make the event and the row of a press. `deadline_s`: seconds until its order must be at a unit."""
    claim, judged, received_at = brought.claim, brought.judged, brought.received_at
    raised = alarm_raised(
        claim,
        judged,
        channel=brought.channel,
        source=brought.source,
        received_at=received_at,
        deadline_at=received_at + timedelta(seconds=deadline_s),
        joined=brought.joined is not None,
    )
    key = raised.routing_key
    span = telemetry.start_send(raised.EXCHANGE, key, str(raised.alarm_id))
    event = wrap(
        raised,
        source=SOURCE,
        time=received_at,
        event_id=raised.alarm_id,
        traceparent=telemetry.traceparent_of(span),
    )
    body = event.encode()
    evidence: dict[str, object] = {
        "body": claim.raw.decode(errors="replace"),
        "fix": claim.fix.model_dump(mode="json") if claim.fix else None,
        "proof": raised.proof,
        "source": raised.source,
        "traceparent": event.traceparent,
    }
    if brought.joined:
        evidence["joined"] = {"presses": brought.joined.presses, "counters": brought.joined.counters}
    encrypted = vault.encrypt(evidence_associated_data(raised.alarm_id), evidence)
    press = NewPress(raised, judged.content, encrypted, body)
    return PressInFlight(press, Message(raised.alarm_id, raised.EXCHANGE, key, body), span)
