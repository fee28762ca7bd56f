"""The plans, and which of them each tenant is on."""
