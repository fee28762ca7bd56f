"""What people do with their own account, on every host."""
