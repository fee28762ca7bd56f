"""Another address for an account."""
