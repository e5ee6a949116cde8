"""Alembic's entry."""

from chassis.database import migration_env
from services.registry import models

migration_env.run(models.TABLES | migration_env.WITNESS)
