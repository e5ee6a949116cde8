"""The page of the chain approach: cases of theirs that wait for our answer."""

from fastapi import Request, Response

from services.committee.api.dependencies import MEMBERS
from services.committee.domain.application import ELEMENTS
from services.committee.pages.desk_common import LINES, Desk, conditions_of
from services.committee.presenters import shown
from services.committee.usecases import chain


def add(desk: Desk) -> None:
    """What comes in."""

    @desk.app.get("/desk/chain", include_in_schema=False)
    def incoming(request: Request) -> Response:
        """Cases that the chain approach sent, with exactly what came; to be taken or not."""
        caller = desk.pages.reader(request, *MEMBERS)
        with desk.parts.reading(caller) as reading:
            rows = [shown.handover(reading, *each) for each in chain.incoming(reading, LINES)]
        what = {"rows": rows, "elements": ELEMENTS, **conditions_of(None)}
        return desk.show(request, "chain.html", caller, **what)
