"""Log-in by password, and the cookie that stands for it."""
