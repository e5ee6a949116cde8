"""The HTTP API of reporting: `uvicorn services.reporting.api:create_app --factory`."""

from services.reporting.api.application import create_app

__all__ = ["create_app"]
