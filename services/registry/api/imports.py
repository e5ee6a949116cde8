"""An existing list that becomes files."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from chassis.bootstrap.api import ApiProcess
from chassis.http.application import takes
from chassis.http.limits import bodies
from chassis.security.principal import Principal
from services.registry.api.dependencies import FileManager, Process, PseudonymKey
from services.registry.bootstrap import unit_of_work
from services.registry.errors import ImportInvalid
from services.registry.presenters.imports import confirm_import
from services.registry.schemas import import_list
from services.registry.schemas.file import ImportOut
from services.registry.settings import RegistrySettings
from services.registry.usecases import importing

router = APIRouter(prefix="/v1/imports", tags=["import"])


@router.post("", openapi_extra=takes("text/csv"))
@bodies(import_list.MOST_BYTES)
async def import_files(
    request: Request, caller: FileManager, process: Process, key: PseudonymKey, dry_run: bool = True
) -> ImportOut:
    """Make a list (CSV, UTF-8) into files of the zone. Dry unless asked; one problem, and nothing is made."""
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ImportInvalid("must be UTF-8", field="body", code="list_not_text") from None
    return await run_in_threadpool(_import, process, caller, key, text, dry_run)


def _import(
    process: ApiProcess[RegistrySettings], caller: Principal, key: bytes, text: str, dry_run: bool
) -> ImportOut:
    with unit_of_work(process.database, process.vault, caller) as uow:
        made = importing.import_list(uow, key, import_list.read_list(text), dry=dry_run)
        return confirm_import(uow, made, dry_run=dry_run)
