"""Where requests to partners may go: to the public internet, and of it only to hosts on the list.

Whoever may name an address could otherwise have us ask our own machines, or have a card sent to one of theirs
that answers by a public name (server-side request forgery, DNS rebinding). `chassis/http/egress_transport.py`
asks here at the moment of connecting.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

# IANA IPv4 special-purpose registry: this network, private, shared, loopback, link-local (and metadata of
# clouds), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved and broadcast.
_NOT_PUBLIC_4 = tuple(
    IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Of IPv6 only global unicast, so that loopback, IPv4-mapped, NAT64, unique local, link-local and multicast are
# out; within it what carries an IPv4 address (Teredo, 6to4) or belongs to nobody.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.IGNORECASE)
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)


class AddressRefused(ValueError):
    """A partner's name leads to an address where no partner is, or is not on the list of hosts."""


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Read networks as settings name them; raises ValueError."""
    return tuple(ip_network(each) for each in texts)


@dataclass(frozen=True, slots=True)
class Egress:
    """Where requests may go. `networks`: besides the public internet, in development and tests only.

    `hosts`: names that may be asked, in lower case; None: any.
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] | None = None

    def refusal(self, url: str) -> str | None:
        """Say why an address, as somebody wrote it, may never be asked; None where it may be tried."""
        if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
            return "must be plain ASCII, without blanks"
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return "is no address"
        if parts.scheme not in ("http", "https") or not host:
            return "must be an address with http or https and a host"
        if "@" in parts.netloc:
            return "must not hold a user name or a password"
        if (literal := _literal(host)) is None:
            if not _NAME.fullmatch(host.removesuffix(".")) or _NUMBER.fullmatch(_last_label(host)):
                return "the host is neither a name nor an address in its usual form"
        elif not self._may_be_asked(literal):
            return "the host is not on the public internet"
        return None if self._is_listed(host) else "the host is not on the list of hosts (WEBHOOK_HOSTS)"

    def checked(self, host: str, found: Collection[str]) -> list[str]:
        """Check that every address of a host may be asked, and give them once each; raises `AddressRefused`."""
        if not self._is_listed(host):
            raise AddressRefused("the host is not on the list")
        addresses = list(dict.fromkeys(found))
        # One bad address among good ones is no mistake of a name server.
        if not addresses or not all(self._may_be_asked(_plain(each)) for each in addresses):
            raise AddressRefused("the host is not on the public internet")
        return addresses

    def _is_listed(self, host: str) -> bool:
        if self.hosts is None or host.lower().removesuffix(".") in self.hosts:
            return True
        literal = _literal(host)
        return literal is not None and self._is_near(literal)

    def _may_be_asked(self, address: IPv4Address | IPv6Address) -> bool:
        return self._is_near(address) or is_public(address)

    def _is_near(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is one machine on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _plain(text: str) -> IPv4Address | IPv6Address:
    """Read an address as the resolver gives it; a scope (`fe80::1%eth0`) says nothing of where it is."""
    return ip_address(text.partition("%")[0])


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _last_label(host: str) -> str:
    return host.removesuffix(".").rpartition(".")[2]
