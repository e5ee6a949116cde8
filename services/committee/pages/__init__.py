"""Pages of the committee, under /desk; each subject has a file. Changes go over the API."""

from fastapi import FastAPI

from services.committee.pages import cases, chain, meetings, members, protocols, todo_list
from services.committee.pages.context import add_pages


def add(app: FastAPI) -> None:
    """Add the pages to the application."""
    add_pages(app)
    for page in (todo_list, cases, meetings, members, chain, protocols):
        app.include_router(page.router)
