"""The one error tree. HTTP shows it as RFC 9457 problem details; the bus decides by it what to retry."""

from collections.abc import Mapping


class ServiceError(Exception):
    """A refusal that a caller can act upon. `field` names the offending input, where there is one."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str, *, field: str | None = None, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.extra = extra

    @property
    def kind(self) -> str:
        """The problem type, from the class name: `DeviceUnknown` is `device-unknown`."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


class Permanent(ServiceError):
    """Trying again cannot help: a message that meets this is parked at once."""


class Retryable(ServiceError):
    """Trying again later may help (503)."""

    status = 503
    title = "Temporarily unavailable"


class Invalid(Permanent):
    """Input that breaks a rule (422)."""

    status = 422
    title = "Invalid input"


class Forbidden(Permanent):
    """The caller may not do this to this object (403)."""

    status = 403
    title = "Forbidden"


class Unauthenticated(Permanent):
    """No valid token (401)."""

    status = 401
    title = "Authentication required"


class TooMany(Permanent):
    """Too many requests of this kind from one address (429)."""

    status = 429
    title = "Too many requests"


class NotFound(Permanent):
    """There is no such object, or the caller may not know of it (404)."""

    status = 404
    title = "Not found"


class Conflict(Permanent):
    """The object's state does not allow this move (409)."""

    status = 409
    title = "Not possible in this state"


def bounds(context: Mapping[str, object]) -> dict[str, int | float]:
    """Pick the numbers that an error of Pydantic is about: what else it knows may hold the input."""
    return {name: value for name, value in context.items() if isinstance(value, int | float)}
