"""Alembic's entry."""

from chassis.database import migration_env
from services.dispatch import models

migration_env.run(models.TABLES | migration_env.SIGNED_OUT, models.Table.metadata)
