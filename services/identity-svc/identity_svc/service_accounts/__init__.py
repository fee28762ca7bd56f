"""Members without a person: programs that have a role of their own, and API keys to call with."""
