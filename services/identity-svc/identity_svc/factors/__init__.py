"""What people prove themselves with besides a password: codes of an app, passkeys, recovery codes."""
