"""How the network of `staging_engine.labels` is made and measured; not part of the engine."""
