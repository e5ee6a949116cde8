"""What endpoints ask for: a caller whose role allows it, and what the application shares."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from chassis.bootstrap.api import at_hand
from chassis.database.database import Session, Transaction
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.push.hub import Hub
from services.dispatch.usecases.context import Context


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def _disclosures(request: Request) -> Disclosures:
    disclosures: Disclosures = request.app.state.disclosures
    return disclosures


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


ContextOf = Annotated[Context, at_hand(_context)]
DisclosuresOf = Annotated[Disclosures, at_hand(_disclosures)]
HubOf = Annotated[Hub, at_hand(_hub)]


def _write_tx(context: ContextOf) -> Iterator[Transaction]:
    with context.database.transaction() as tx:
        yield tx


def _set_up_tx(context: ContextOf) -> Iterator[Transaction]:
    with context.database.transaction() as tx:
        yield tx
    context.situation.refresh_from(context.database)


def _read_session(context: ContextOf) -> Iterator[Session]:
    with context.database.read() as session:
        yield session


# What use cases are given: it commits before the answer leaves.
WriteTx = Annotated[Transaction, Depends(_write_tx, scope="function")]
# The same, for what this process takes over at once; the others follow within a second.
SetUpTx = Annotated[Transaction, Depends(_set_up_tx, scope="function")]
ReadSession = Annotated[Session, Depends(_read_session, scope="function")]

# Who sees the alarms of a control room: its people, and its own software.
RoomPrincipal = Annotated[Principal, require("operator", "supervisor", "gateway")]
Supervisor = Annotated[Principal, require("supervisor")]
# A patrol, or the software of its room that speaks for it.
UnitPrincipal = Annotated[Principal, require("unit", "gateway")]
Admin = Annotated[Principal, require("admin")]
