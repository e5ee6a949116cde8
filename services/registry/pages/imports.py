"""The page where an existing list becomes files."""

from fastapi import APIRouter, Response

from services.registry.domain.roles import FILE_MANAGER
from services.registry.pages.context import Page
from services.registry.schemas import import_list

router = APIRouter(include_in_schema=False)


@router.get("/desk/import")
def lists(page: Page) -> Response:
    """Show how an existing list is looked through first, then made into files."""
    caller = page.reader(FILE_MANAGER)
    texts = page.texts
    return page.show(
        "import.html",
        caller,
        columns=import_list.COLUMNS,
        needed=import_list.NEEDED,
        hints={each: texts.word("hint", each, "") for each in import_list.COLUMNS},
        most=import_list.MOST_BYTES,
    )
