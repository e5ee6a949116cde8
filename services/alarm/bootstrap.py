"""The composition root: what the API processes and the workers of the alarm service are made of."""

from chassis.bootstrap.service import Service
from chassis.database.database import Database
from chassis.database.reconciliation import Book
from services.alarm.settings import AlarmSettings
from services.alarm.store.encrypted_columns import ENCRYPTED
from services.alarm.store.presses import BOOK

ALARM = Service("alarm", AlarmSettings, ENCRYPTED)


def book_of(database: Database) -> Book:
    """Make what reporting reconciles its ledger with."""
    return Book(database, BOOK)
