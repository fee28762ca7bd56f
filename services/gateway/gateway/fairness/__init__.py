"""How much each may ask for, and whose turn it is."""
