"""`topology`: put exchanges, queues and bindings on the broker that runs; a new one in its place has none."""

from chassis.messaging.topology import Refused, declare
from contracts.topology import EXCHANGES, QUEUES
from tools.cli.base import command, console, running
from tools.runtime.native.layout import COMMAND, SetupError


@command()
def topology() -> None:
    """Declare what is missing on the running broker; what is there stays, with all that it holds."""
    system = running()
    try:
        declare(system.broker_url())
    except OSError as error:
        raise SetupError(f"the broker does not answer ({type(error).__name__}): {COMMAND} status") from None
    except Refused as error:
        raise SetupError(f"the broker refuses: {error}") from None
    text = f"{len(EXCHANGES)} exchanges and {len(QUEUES)} queues are there; everybody connects by themselves"
    console.print(text, highlight=False, soft_wrap=True)
