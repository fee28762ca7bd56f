"""What the customers' hosts are called: one table of names."""
