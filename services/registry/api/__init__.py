"""HTTP API of the registry: for file managers, each in the files of the own zone."""

from services.registry.api.application import create_app

__all__ = ["create_app"]
