"""How the address of the broker is read: once, for every client of it."""

from urllib.parse import unquote, urlsplit

PORT, TLS_PORT = 5672, 5671


def connection_arguments(url: str) -> dict[str, object]:
    """Build the arguments of py-amqp's `Connection`; with `amqps` the broker must prove to be that host."""
    parts = urlsplit(url)
    secure = parts.scheme == "amqps"
    return {
        "host": f"{parts.hostname}:{parts.port or (TLS_PORT if secure else PORT)}",
        "userid": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "virtual_host": unquote(parts.path[1:]) or "/",
        # Without the name py-amqp takes any certificate that somebody signed.
        "ssl": {"server_hostname": parts.hostname} if secure else False,
    }
