"""Settings of the committee; how long people may take is said by each protocol."""

from chassis.settings import Settings


class CommitteeSettings(Settings):
    """Nothing but what every service needs."""

    service: str = "committee"
