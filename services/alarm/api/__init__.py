"""The alarm service's HTTP API: `uvicorn services.alarm.api:create_app --factory`."""

from services.alarm.api.application import create_app, create_heartbeats_app

__all__ = ["create_app", "create_heartbeats_app"]
