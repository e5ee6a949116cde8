"""The page of the chain approach: cases of theirs that wait for our answer."""

from fastapi import APIRouter, Response

from services.committee.domain.application import ELEMENTS
from services.committee.domain.roles import MEMBERS
from services.committee.pages.context import LINES, Page, conditions_of
from services.committee.presenters.handovers import disclose_handovers
from services.committee.usecases import chain

router = APIRouter(include_in_schema=False)


@router.get("/desk/chain")
def incoming(page: Page) -> Response:
    """Show cases that the chain approach sent, with exactly what came; to be taken or not."""
    caller = page.reader(*MEMBERS)
    with page.unit_of_reading(caller) as reading:
        rows = disclose_handovers(reading, chain.list_incoming(reading, LINES))
    return page.show("chain.html", caller, rows=rows, elements=ELEMENTS, **conditions_of(None))
