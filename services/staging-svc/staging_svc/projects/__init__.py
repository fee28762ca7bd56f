"""Projects: what a customer asked for and what became of it."""
