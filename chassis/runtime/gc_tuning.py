"""What every process sets about the interpreter, for short pauses rather than throughput."""

import gc
import sys

# Seconds: a thread that waits for the interpreter (a database answer, a confirm) gets it this soon. Python's
# own 5 ms, two or three times within one request, would be most of its time.
_SWITCH_S = 0.0005


def for_latency() -> None:
    """Set the interpreter for short pauses; call once, when all modules are imported."""
    sys.setswitchinterval(_SWITCH_S)
    # What is there now stays for ever: no collection need ever look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
