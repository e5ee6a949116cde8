"""Alembic's entry."""

from chassis import migrations
from services.registry import models

migrations.run(models.TABLES | migrations.WITNESS)
