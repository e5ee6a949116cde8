"""Pages of the registry, under /desk."""

from fastapi import FastAPI

from services.registry.pages import board, break_glass, file, imports, stock
from services.registry.pages.context import add_pages


def add(app: FastAPI) -> None:
    """Add the pages to the application."""
    add_pages(app)
    for page in (board, imports, stock, file, break_glass):
        app.include_router(page.router)
