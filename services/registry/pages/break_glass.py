"""The pages of broken glass: a file that is not the caller's, and who opened one of this zone."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.registry.domain.roles import FILE_MANAGER, READERS
from services.registry.pages.context import Page
from services.registry.presenters.access import read_opening

router = APIRouter(include_in_schema=False)


@router.get("/desk/glass")
def glass(page: Page) -> Response:
    """Show how to open a file that is not the caller's."""
    caller = page.reader(*READERS)
    return page.show("glass.html", caller, number=None, unknown=False, minutes=page.glass_minutes)


@router.get("/desk/openings/{opening_id}")
def opening(page: Page, opening_id: UUID) -> Response:
    """Show who opened a file of this zone, and why."""
    caller = page.reader(FILE_MANAGER)
    with page.unit_of_work(caller) as work:
        read = read_opening(work, opening_id)
    return page.show("opening.html", caller, opening=read)
