"""The application: its endpoints and its pages over what every API of the system has."""

from fastapi import FastAPI

from chassis.bootstrap.api import ApiProcess, create_api
from chassis.security import signin
from services.committee import pages
from services.committee.api import cases, chain, decisions, meetings, members, papers, protocols, todo_list
from services.committee.bootstrap import COMMITTEE
from services.committee.settings import CommitteeSettings

_SUBJECTS = (protocols, members, cases, todo_list, decisions, meetings, papers, chain)


def create_app(settings: CommitteeSettings | None = None) -> FastAPI:
    """Put the application together; settings come from the environment unless given."""
    app = create_api(
        COMMITTEE,
        settings,
        [subject.router for subject in _SUBJECTS],
        title="Committee",
        description="Who gets a stalkingalarm, on what grounds, and until when people look again.",
    )
    process: ApiProcess[CommitteeSettings] = app.state.process
    signin.add(app, process.settings, process.vault)
    pages.add(app)
    return app
