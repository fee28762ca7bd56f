"""Which tenant a host name belongs to, and which service answers a path."""
