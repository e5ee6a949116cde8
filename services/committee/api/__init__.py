"""The committee's HTTP API: `uvicorn services.committee.api:create_app --factory`."""

from services.committee.api.application import create_app

__all__ = ["create_app"]
