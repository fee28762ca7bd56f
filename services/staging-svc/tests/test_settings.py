"""What happens with wrong settings."""

import pytest
from pydantic import ValidationError

from staging_testing import MakeSettings


def test_fast_engine_is_refused_in_production(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError, match="refused in production"):
        make_settings(environment="production", kafka_username="staging", kafka_password="secret")


def test_real_engine_needs_its_python(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError, match="ENGINE_PYTHON"):
        make_settings(engine="blender")


def test_links_live_five_minutes_at_most(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError):
        make_settings(image_link_ttl_seconds=301)
