"""The composition root: what the API and the workers of dispatch are made of."""

from chassis.bootstrap.service import Service
from chassis.database.database import Database
from chassis.database.reconciliation import Records
from chassis.security.vault import Vault
from services.dispatch.presenters.room_orders import orders_for_rooms
from services.dispatch.push.notifications import encrypt_opened
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.encrypted_columns import ENCRYPTED
from services.dispatch.store.reconciliation import RECORDS
from services.dispatch.store.situation import Situation
from services.dispatch.usecases.context import Context, Presenters

DISPATCH = Service("dispatch", DispatchSettings, ENCRYPTED)


def context_of(settings: DispatchSettings, database: Database, vault: Vault) -> Context:
    """Put together what the use cases of one process are given; the map is read here."""
    return Context(database, Situation(settings), vault, settings, Presenters(orders_for_rooms, encrypt_opened))


def records_of(database: Database) -> Records:
    """Give what reporting sets against the records of the others."""
    return Records(database, RECORDS)
