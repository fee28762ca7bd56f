"""What drives the whole platform from outside, and checks that it keeps its word."""
