"""Alembic's entry."""

from chassis import migrations
from services.reporting import models

migrations.run(models.TABLES | migrations.WITNESS)
