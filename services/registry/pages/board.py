"""The first page: what the zone must look at, what is on offer, its newest files."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from services.registry.domain.card import LASTING
from services.registry.domain.roles import FILE_MANAGER, READERS, STOCK_KEEPERS
from services.registry.pages.context import Page
from services.registry.presenters.files import disclose_lines
from services.registry.presenters.transfers import disclose_transfer
from services.registry.usecases import conflicts_of_interest, files, reminders, transfers, zones

router = APIRouter(include_in_schema=False)

_LINES = 100


@router.get("/desk")
def board(page: Page) -> Response:
    """Show what the zone must look at, what is on offer, and its newest files."""
    caller = page.reader(*READERS, *STOCK_KEEPERS)
    if FILE_MANAGER not in caller.roles:
        return RedirectResponse("/desk/stock" if "technician" in caller.roles else "/desk/break-glass", 303)
    with page.unit_of_work(caller) as uow:
        what: dict[str, object] = {
            "rows": disclose_lines(uow, files.list_files(uow, _LINES)),
            "reminders": reminders.list_reminders(uow, _LINES),
            "said_of_you": conflicts_of_interest.list_declared_by_others(uow),
            "lasting": LASTING,
            "transfers": [disclose_transfer(uow, each) for each in transfers.list_transfers(uow, _LINES)],
            "zones": zones.name_zones(uow, page.language),
        }
    return page.show("files.html", caller, 200, **what)
