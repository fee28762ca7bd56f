"""Log-in with a password, and the session cookie."""
