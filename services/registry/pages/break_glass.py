"""The pages of break-glass access: a file that is not the caller's, and who opened one of this zone."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.registry.domain.roles import FILE_MANAGER, READERS
from services.registry.pages.context import Page
from services.registry.presenters.break_glass import disclose_break_glass
from services.registry.usecases import break_glass

router = APIRouter(include_in_schema=False)


@router.get("/desk/break-glass")
def break_glass_form(page: Page) -> Response:
    """Show how to open a file that is not the caller's."""
    caller = page.reader(*READERS)
    return page.show("break_glass.html", caller, number=None, unknown=False, minutes=page.break_glass_minutes)


@router.get("/desk/break-glass/{access_id}")
def break_glass_access(page: Page, access_id: UUID) -> Response:
    """Show who opened a file of this zone, and why."""
    caller = page.reader(FILE_MANAGER)
    with page.unit_of_work(caller) as uow:
        disclosed = disclose_break_glass(uow, break_glass.read_access(uow, access_id))
    return page.show("break_glass_access.html", caller, access=disclosed)
