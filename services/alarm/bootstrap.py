"""The composition root: what the API processes and the workers of the alarm service are made of."""

from chassis.bootstrap.service import Service
from chassis.database.database import Database
from chassis.database.reconciliation import Records
from services.alarm.settings import AlarmSettings
from services.alarm.store.encrypted_columns import ENCRYPTED
from services.alarm.store.presses import RECORDS

ALARM = Service("alarm", AlarmSettings, ENCRYPTED)


def records_of(database: Database) -> Records:
    """Make what reporting reconciles its ledger with."""
    return Records(database, RECORDS)
