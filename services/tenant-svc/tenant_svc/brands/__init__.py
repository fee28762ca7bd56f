"""What each tenant has chosen to look like, and which colours are shown for it."""
