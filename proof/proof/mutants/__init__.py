"""Mistakes put into the code one at a time: the tests of the member concerned must notice each."""
