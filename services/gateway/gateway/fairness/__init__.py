"""How much each tenant may ask for, and whose turn it is."""
