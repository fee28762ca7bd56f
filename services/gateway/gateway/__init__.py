"""The gateway: every request of a browser or a program passes through it; it stores nothing."""
