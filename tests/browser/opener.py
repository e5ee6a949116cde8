"""How a test opens a console."""

from collections.abc import Callable

from playwright.sync_api import Page

Opener = Callable[..., Page]
