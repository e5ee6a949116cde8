"""The HTTP API of dispatch: `uvicorn services.dispatch.api:create_app --factory`."""

from services.dispatch.api.application import create_app

__all__ = ["create_app"]
