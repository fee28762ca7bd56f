"""Projects: what a customer has asked for, and what has become of it."""
