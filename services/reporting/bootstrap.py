"""The composition root: what the API and the workers of reporting are made of."""

from collections.abc import Mapping

import httpx

from chassis.database.database import Database
from chassis.database.reconciliation import Book
from services.reporting.clients.reconciliation import BookReader, RemoteBook
from services.reporting.settings import ReportingSettings
from services.reporting.store.reconciliation import OWN


def book_readers(
    settings: ReportingSettings, database: Database, token: httpx.Auth
) -> Mapping[str, BookReader]:
    """All books that can be asked: our own always."""
    books: dict[str, BookReader] = {"reporting": Book(database, OWN)}
    for name, url in (("alarm", settings.alarm_url), ("dispatch", settings.dispatch_url)):
        if url:
            books[name] = RemoteBook(name, url, token)
    return books
