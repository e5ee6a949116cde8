"""What a control room must know about an alarm, as flags of its incident."""

from collections.abc import Iterable

# The flag of a press whose device is not known here yet, and all that stand for want of proof.
PENDING, BROKEN = "proof_pending", "proof_broken"
PROOF_FLAGS = frozenset({PENDING, BROKEN, "proof_missing", "unverified"})

# Flags that say something of one place: a newer one brings its own.
FLAGS_OF_A_PLACE = frozenset(
    {
        *("no_location", "null_island", "invalid_coordinates", "swapped_coordinates", "place_as_signed"),
        *("fix_invalid", "fix_time_unknown", "border", "abroad", "far"),
    }
)


def merged(*flags: Iterable[str]) -> list[str]:
    """Merge flags without repetition, first mention first."""
    return list(dict.fromkeys(flag for group in flags for flag in group))
