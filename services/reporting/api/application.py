"""Put the application together."""

from fastapi import FastAPI

from chassis.bootstrap.api import create_api
from chassis.http import audit_api
from services.reporting.api import attention, gaps, ledger, reconciliation, reports
from services.reporting.bootstrap import REPORTING
from services.reporting.settings import ReportingSettings


def create_app(settings: ReportingSettings | None = None) -> FastAPI:
    """Make the application; settings come from the environment unless given. It publishes nothing."""
    app = create_api(
        REPORTING,
        settings,
        (ledger.router, gaps.router, reconciliation.router, reports.router, attention.router),
        title="Reporting",
        description="Proves that no press was lost, and tells the follow-up what happened each day.",
        publishes=False,
    )
    audit_api.add_witness(app, lambda: app.state.process.database)
    return app
