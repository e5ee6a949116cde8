"""Who reads which events, by the topology."""

from contracts import export, topology
from contracts.envelope import Payload
from contracts.export import readers

ANY_ROOM = "cic.<room>.orders"


def readers_of(payload: type[Payload]) -> set[str]:
    """Queues by every routing key of a type; the control rooms' own count as one."""
    endings = (*export.ENDINGS, *(f".{room}" for room in topology.CONTROL_ROOMS))
    found = {queue for ending in endings for queue in readers(payload.EXCHANGE, payload.TYPE + ending)}
    return {ANY_ROOM if queue.startswith("cic.") else queue for queue in found}
