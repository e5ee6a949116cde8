"""Stages of the receipt ladder: how far an alarm has come, as its device sees it."""

from enum import StrEnum


class Stage(StrEnum):
    """A stage, in the order in which they come. The names are discreet: somebody else may see the screen."""

    STORED = "stored"
    ROUTED = "routed"
    SEEN = "seen"
    UNIT_MOVING = "unit_moving"
    ON_SCENE = "on_scene"
    CLOSED = "closed"
