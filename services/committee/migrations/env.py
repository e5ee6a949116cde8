"""Alembic's entry."""

from chassis import migrations
from services.committee import models

migrations.run(models.TABLES)
