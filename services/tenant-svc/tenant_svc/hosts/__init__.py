"""The names of the customers' hosts: one table."""
