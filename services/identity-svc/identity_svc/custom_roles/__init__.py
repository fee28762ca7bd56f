"""The roles that a tenant makes for itself, which its plan must include."""
