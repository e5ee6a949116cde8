"""From rows to schemas: the policy table is applied here and only here, and reads are logged."""
