"""What a token says of a caller, beside the subject and the roles (docs/identity.md)."""

# Texts, none of them needed: the partner; the control room, police zone and unit; and the judicial district of
# those who have no zone: parket, secretariat, victim support.
CLAIMS = ("partner", "cic", "zone", "unit", "district")
