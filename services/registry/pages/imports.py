"""The page where an existing list becomes files."""

from fastapi import APIRouter, Response

from services.registry.domain.roles import FILE_MANAGER
from services.registry.pages.context import Page
from services.registry.usecases import importing

router = APIRouter(include_in_schema=False)


@router.get("/desk/import")
def lists(page: Page) -> Response:
    """Show how an existing list is looked through first, then made into files."""
    caller = page.reader(FILE_MANAGER)
    words = page.words
    return page.show(
        "import.html",
        caller,
        columns=importing.COLUMNS,
        needed=importing.NEEDED,
        hints={each: words.get(f"hint.{each}", "") for each in importing.COLUMNS},
        most=importing.MOST_BYTES,
    )
