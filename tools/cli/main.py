"""The command line: each module below adds its commands to the application."""

from tools.cli import audit, bench, importing, keys, ledger, press, redelivery, system, topology, trace
from tools.cli.base import app

__all__ = ["app"]

MODULES = (system, press, trace, ledger, redelivery, topology, audit, keys, importing, bench)
