"""Alembic's entry."""

from chassis.database import migration_env
from services.committee import models

migration_env.run(models.TABLES)
