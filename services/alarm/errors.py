"""Refusals of the alarm service. There are few: a press is refused only where nobody can tell whose it is."""

from chassis.errors import Forbidden, Invalid, NotFound, Permanent, Retryable, Unauthenticated


class DeviceUnreadable(Permanent):
    """No device id can be read from the body (400)."""

    status = 400
    title = "No device id"


class NotHeld(Retryable):
    """Neither log holds the press: the device keeps trying (503)."""

    title = "The press could not be stored"


class SignatureRefused(Unauthenticated):
    """What is not a press needs a valid device signature (401)."""

    title = "Device signature required"


class DeviceSilenced(Forbidden):
    """Lost, returned, in stock or suspended: only a press of this device counts (403)."""


class BodyInvalid(Invalid):
    """A signed body that breaks a rule (422)."""


class AlarmUnknown(NotFound):
    """This service holds no such press (404)."""
