"""Programs that use the whole platform from outside, and check that it keeps its promises."""
