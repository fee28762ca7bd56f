"""What a floor that a person marks has to look like, and when a picture should be looked at first.

The web app says the same while somebody drags (`web/src/features/photo/layout.ts`); both are tested
with `web/src/features/photo/layout.vectors.json`.
"""

from collections.abc import Sequence

# In shares of the width and of the height of the photo, from its upper left corner.
Spot = tuple[float, float]

# The engine's estimate of how likely a picture can be published as it is. Of those below, more than a
# few could not.
SURE = 0.75

# Shares of the photo: of its sides, and of its area.
LEAST_DEPTH = 0.02
LEAST_WIDTH = 0.05
LEAST_AREA = 0.03
# Twice the area that three corners make; on one line they make none.
LEAST_TURN = 0.001
LEAST_DOOR = 0.05
# Of the height of a door: how far it may lean, which is more than a camera that is held askew makes it.
MOST_LEAN = 0.25


def needs_look(status: str, confidence: float | None) -> bool:
    """Whether a person should look at the picture before it is published."""
    return status == "staged" and confidence is not None and confidence < SURE


def fault_of_floor(corners: Sequence[Spot]) -> str | None:
    """What is wrong with these corners: near left, far left, far right, near right. None if nothing is."""
    near_left, far_left, far_right, near_right = corners
    if not all(0 <= each <= 1 for corner in (far_left, far_right) for each in corner):
        return "the far corners must be in the photo"
    if far_right[0] - far_left[0] < LEAST_WIDTH or near_right[0] - near_left[0] < LEAST_WIDTH:
        return "the left corners must be to the left of the right ones"
    depth = min(near_left[1] - far_left[1], near_right[1] - far_right[1])
    if depth < LEAST_DEPTH:
        return "the near corners must be below the far ones"
    turns = [
        _turn(corners[at], corners[(at + 1) % 4], corners[(at + 2) % 4])
        for at in range(len(corners))
    ]
    if min(turns) < LEAST_TURN:
        return "the corners must make a shape without dents and crossing sides"
    if _area(corners) < LEAST_AREA:
        return "the floor must be larger"
    return None


def fault_of_door(foot: Spot, head: Spot) -> str | None:
    """What is wrong with this door; None if nothing is."""
    height = foot[1] - head[1]
    if height < LEAST_DOOR:
        return "the head of the door must be above its foot"
    if abs(foot[0] - head[0]) > MOST_LEAN * height:
        return "the head of the door must be straight above its foot"
    return None


def _turn(first: Spot, second: Spot, third: Spot) -> float:
    """Positive if the way from the first to the third turns right at the second."""
    return (second[0] - first[0]) * (third[1] - second[1]) - (second[1] - first[1]) * (
        third[0] - second[0]
    )


def _area(corners: Sequence[Spot]) -> float:
    following = [*corners[1:], corners[0]]
    doubled = sum(
        one[0] * other[1] - other[0] * one[1] for one, other in zip(corners, following, strict=True)
    )
    return abs(doubled) / 2
