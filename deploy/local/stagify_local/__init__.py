"""The embedded parts and the supervisor behind `make up` and the tests."""
