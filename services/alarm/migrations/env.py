"""Alembic's entry."""

from chassis import migrations
from services.alarm import models

migrations.run(models.TABLES)
