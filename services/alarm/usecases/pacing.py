"""How fast one source may bring presses: what is beyond that waits, and is never refused.

A flood from one address must not fill the unverified lane that a real press from another one needs: a
phone with a new key, a text message, a broken signature. Verified presses go by their device (`joining.py`).
"""

import asyncio
from collections.abc import Hashable, Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

# From so many sources on, those that have nothing to wait for are forgotten.
_MANY = 1_000
# So much of an IPv6 address is one subscriber.
_SUBSCRIBER = 64


class Turns:
    """The presses of each source, spread over time (generic cell rate algorithm)."""

    def __init__(self, per_s: float, burst: int) -> None:
        """`burst`: so many at once before any waits."""
        self.gap_s, self._burst = 1 / per_s, burst
        self._due: dict[Hashable, float] = {}
        self._enough = _MANY

    def left_s(self, source: Hashable, now: float) -> float:
        """Take the next turn of a source; return the seconds until it, none or less if it is now."""
        if len(self._due) >= self._enough:
            self._due = {each: at for each, at in self._due.items() if at > now}
            # The next look comes when as many again came, so that looking costs each press the same.
            self._enough = max(_MANY, 2 * len(self._due))
        due = max(self._due.get(source, now), now)
        self._due[source] = due + self.gap_s
        return due - now - self.gap_s * (self._burst - 1)

    def __len__(self) -> int:
        """Say how many sources are remembered."""
        return len(self._due)


class Pace:
    """The unverified presses, by the address that they come from."""

    def __init__(
        self, per_s: float, burst: int, most_waiting: int, exempt: Iterable[IPv4Network | IPv6Network]
    ) -> None:
        """`burst`: so many at once before any waits. `most_waiting`: more do not wait, so that memory ends."""
        self._turns, self._most = Turns(per_s, burst), most_waiting
        self._exempt = tuple(exempt)
        self.waiting = 0

    async def turn(self, source: str | None) -> None:
        """Wait for the turn of a press. Without a known source, and beyond what memory holds, it is at once."""
        known = self.subscriber(source)
        if known is None or self.waiting >= self._most:
            return
        if (left_s := self._turns.left_s(known, asyncio.get_running_loop().time())) <= 0:
            return
        self.waiting += 1
        try:
            await asyncio.sleep(left_s)
        finally:
            self.waiting -= 1

    def subscriber(self, source: str | None) -> str | None:
        """Say by what a source is counted; None if it is not: a gateway, or a proxy that names nobody."""
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
