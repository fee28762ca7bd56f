"""The gateway's colours are those of the parts that decide about them."""

from gateway.pages import entries
from tenant_svc.brands import rules


def test_the_browsers_frame_has_the_colour_of_the_canvas() -> None:
    assert dict(entries.CANVAS) == {
        "light": rules.LIGHT.backgrounds[0],
        "dark": rules.DARK.backgrounds[0],
    }
