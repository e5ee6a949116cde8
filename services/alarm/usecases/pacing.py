"""How fast one source may bring presses that nobody proved: what is beyond that waits, and is never refused.

A flood from one address must not fill the lane that a real press from another one needs: a phone with a new
key, a text message, a broken signature. Proved presses never come here.
"""

import asyncio
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

# Sources remembered at once. Those that have nothing to wait for are forgotten first.
_REMEMBERED = 20_000
# So much of an IPv6 address is one subscriber.
_SUBSCRIBER = 64


class Pace:
    """The presses of each source, spread over time (generic cell rate algorithm)."""

    def __init__(
        self, per_s: float, burst: int, most_waiting: int, exempt: Iterable[IPv4Network | IPv6Network]
    ) -> None:
        """`burst`: so many at once before any waits. `most_waiting`: more do not wait, so that memory ends."""
        self._gap_s, self._burst, self._most = 1 / per_s, burst, most_waiting
        self._exempt = tuple(exempt)
        self._due: dict[str, float] = {}
        self.waiting = 0

    async def turn(self, source: str | None) -> None:
        """Wait for the turn of a press. Without a known source, and beyond what memory holds, it is at once."""
        known = self._subscriber(source)
        if known is None or self.waiting >= self._most:
            return
        if (left_s := self._left_s(known, asyncio.get_running_loop().time())) <= 0:
            return
        self.waiting += 1
        try:
            await asyncio.sleep(left_s)
        finally:
            self.waiting -= 1

    def _left_s(self, source: str, now: float) -> float:
        if len(self._due) >= _REMEMBERED:
            self._due = {each: at for each, at in self._due.items() if at > now}
        due = max(self._due.get(source, now), now)
        self._due[source] = due + self._gap_s
        return due - now - self._gap_s * (self._burst - 1)

    def _subscriber(self, source: str | None) -> str | None:
        """By what a source is counted; None where it is not: a gateway, a proxy that does not say for whom."""
        try:
            address = ip_address((source or "").partition("%")[0])
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in network for network in self._exempt):
            return None
        if isinstance(address, IPv6Address):
            return str(IPv6Network((int(address), _SUBSCRIBER), strict=False))
        return str(address)
