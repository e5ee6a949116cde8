"""Search in the files of the caller's zone."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.registry.api.dependencies import FileManagerUnitOfWork, PseudonymKey
from services.registry.presenters.search import disclose_hits
from services.registry.schemas.file import HitOut, SearchIn
from services.registry.usecases import search as usecases

router = APIRouter(prefix="/v1/search", tags=["search"])


# A POST: what is looked for is personal, and an address is written down.
@router.post("")
def search(
    body: SearchIn,
    uow: FileManagerUnitOfWork,
    key: PseudonymKey,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[HitOut]:
    """Find files by a name, a telephone number or a licence plate, also misspelt; the likest first."""
    return disclose_hits(uow, usecases.search_files(uow, key, body.text, limit))
