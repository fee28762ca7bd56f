"""One's own second factors: setting them up, naming them, taking them away."""
