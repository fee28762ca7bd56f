"""Which engine furnishes the photos of this process."""

from staging_engine.port import StagingEngine
from staging_svc.settings import Settings


def make_engine(settings: Settings) -> StagingEngine:
    """The engine that the settings name. Nothing heavy is loaded before the first photo."""
    if settings.engine == "fast":
        from staging_engine.fast import FastEngine, drawing_child

        return FastEngine(child=drawing_child())
    from staging_engine.blender import BlenderEngine

    assert settings.engine_python is not None
    return BlenderEngine(
        settings.engine_python,
        timeout_seconds=settings.engine_timeout_seconds,
        memory_limit_bytes=settings.engine_memory_limit_bytes,
    )
