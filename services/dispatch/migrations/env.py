"""Alembic's entry."""

from chassis import migrations
from services.dispatch import models

migrations.run(models.TABLES | migrations.SIGNED_OUT, models.Table.metadata)
