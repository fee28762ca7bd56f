"""People: who they are, and their passwords."""
