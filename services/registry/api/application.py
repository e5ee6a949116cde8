"""The application: what it needs, and its parts."""

import asyncio

from fastapi import FastAPI

from chassis.bootstrap.api import ApiProcess, create_api
from chassis.http import audit_api
from chassis.security import signin
from services.registry import pages
from services.registry.api import (
    access,
    cards,
    devices,
    files,
    imports,
    photos,
    reminders,
    rights,
    search,
    stock,
    transfers,
)
from services.registry.bootstrap import REGISTRY
from services.registry.settings import RegistrySettings

_SUBJECTS = (files, cards, reminders, search, devices, transfers, access, rights, imports, photos, stock)


def create_app(settings: RegistrySettings | None = None) -> FastAPI:
    """Make the application; settings come from the environment unless given."""
    app = create_api(
        REGISTRY,
        settings,
        [subject.router for subject in _SUBJECTS],
        title="Registry",
        description="Victims' files, intervention cards and devices, kept by the managing police zone.",
    )
    process: ApiProcess[RegistrySettings] = app.state.process
    app.state.one_is_decoded = asyncio.Lock()
    audit_api.add_witness(app, lambda: process.database)
    signin.add(app, process.settings, process.vault)
    pages.add(app)
    return app
