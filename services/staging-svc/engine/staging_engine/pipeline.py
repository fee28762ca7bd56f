"""The steps of a job that need OpenCV: before the rendering and after it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from staging_engine import VERSION
from staging_engine.camera import Segments, estimate_camera, find_segments
from staging_engine.composite import composite, save_jpeg
from staging_engine.content import check_content, check_empty
from staging_engine.floor import FloorView, find_floor
from staging_engine.furniture import read_pieces
from staging_engine.geometry import Camera
from staging_engine.hints import find_hints
from staging_engine.labels import read_labels
from staging_engine.light import RoomLight, estimate_light
from staging_engine.photo import Pixels, read_photo
from staging_engine.plan import plan_room
from staging_engine.planner import Placement
from staging_engine.port import (
    Check,
    EngineFailedError,
    Hint,
    JsonValue,
    StagingRefusedError,
    StagingRequest,
    StagingResult,
)
from staging_engine.room import RoomBox, find_room
from staging_engine.scene import describe_scene
from staging_engine.site import Site

# Below these the lines of the photo do not agree on a room. Rooms score twice as much.
_FEWEST_SEGMENTS = 12
_LEAST_CAMERA_SCORE = 0.45
_LEAST_ROOM_CONFIDENCE = 0.55
_LEAST_FLOOR_SHARE = 0.04
# Among photos that were judged by hand, every room whose furniture could be published scored at least
# this, and half of the others less.
_EVEN_ROOM_CONFIDENCE = 1.0
_STEEPNESS = 5.0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the photo says about camera, room and floor."""

    photo: Pixels
    camera: Camera
    room: RoomBox
    view: FloorView
    confidence: float
    checks: tuple[Check, ...]
    hints: tuple[Hint, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything decided before the rendering."""

    analysis: Analysis
    placements: list[Placement]
    light: RoomLight
    scene: dict[str, JsonValue]
    seconds: float


def analyse(request: StagingRequest) -> Analysis:
    """Find the camera and the room; refused when the photo shows no room, or one that is not empty."""
    started = time.perf_counter()
    photo = read_photo(request.photo)
    check_content(photo)
    segments = find_segments(photo)
    hints = find_hints(photo, segments)
    try:
        camera, view, room = _find_room(photo, segments)
        check_empty(view, room)
    except StagingRefusedError as error:
        error.hints = hints
        raise
    return Analysis(
        photo=photo,
        camera=camera,
        room=room,
        view=view,
        confidence=_confidence(room),
        checks=_checks(room),
        hints=hints,
        seconds=time.perf_counter() - started,
    )


def _confidence(room: RoomBox) -> float:
    """The agreement of the room with the lines of the photo, as a share: 0.1 where rooms are just not
    refused any more, and a half where good pictures begin."""
    return 1 / (1 + math.exp(_STEEPNESS * (_EVEN_ROOM_CONFIDENCE - room.confidence)))


def _checks(room: RoomBox) -> tuple[Check, ...]:
    is_clear = room.confidence >= _EVEN_ROOM_CONFIDENCE
    message = (
        "Floor, walls and ceiling were recognised."
        if is_clear
        else "The lines of the photo only partly agree on where floor, walls and ceiling meet."
    )
    return (Check("room_shape", is_clear, message),)


def _find_room(photo: Pixels, segments: Segments) -> tuple[Camera, FloorView, RoomBox]:
    if len(segments) < _FEWEST_SEGMENTS:
        raise _no_room()
    camera = estimate_camera(photo, segments)
    view = find_floor(photo, camera)
    if camera.score < _LEAST_CAMERA_SCORE or view.mask.mean() < _LEAST_FLOOR_SHARE:
        raise _no_room()
    room = find_room(view, camera)
    if room.confidence < _LEAST_ROOM_CONFIDENCE:
        raise _no_room()
    return camera, view, room


def site_of(analysis: Analysis) -> Site:
    """The room as its planner sees it."""
    labels = read_labels(analysis.photo)
    return Site(analysis.camera, analysis.room, analysis.view, labels=labels)


def prepare(
    request: StagingRequest, analysis: Analysis, *, folder: Path, scratch: Path, threads: int
) -> Preparation:
    """Plan the furniture and the light; refused when the main piece has no place."""
    started = time.perf_counter()
    site = site_of(analysis)
    try:
        placements = plan_room(
            site,
            read_pieces(folder / "furniture.json"),
            room_type=request.room_type,
            style=request.style,
            seed=request.seed,
        )
    except StagingRefusedError as error:
        error.checks, error.hints = analysis.checks, analysis.hints
        raise
    light = estimate_light(analysis.photo, analysis.camera, analysis.room, analysis.view)
    scene = describe_scene(
        request,
        analysis.camera,
        analysis.room,
        placements,
        light,
        library=folder / "furniture.blend",
        scratch=scratch,
        threads=threads,
    )
    return Preparation(analysis, placements, light, scene, time.perf_counter() - started)


def finish(
    request: StagingRequest,
    prepared: Preparation,
    answer: Mapping[str, JsonValue],
    rendering_seconds: float,
) -> StagingResult:
    """Lay the rendered furniture over the photo, write it and say what was done."""
    started = time.perf_counter()
    photo = prepared.analysis.photo
    rendered = _read_rendered(prepared)
    image = composite(photo, rendered, _crop(answer), request.seed)
    save_jpeg(image, request.output, label=request.label)
    if request.other_output is not None:
        save_jpeg(image, request.other_output, label=not request.label)
    seconds = {
        "finding_room": prepared.analysis.seconds,
        "planning": prepared.seconds,
        "rendering": rendering_seconds,
        "compositing": time.perf_counter() - started,
    }
    height, width = image.shape[:2]
    record = _record(request, prepared, answer, seconds)
    analysis = prepared.analysis
    return StagingResult(
        width,
        height,
        record,
        confidence=analysis.confidence,
        checks=analysis.checks,
        hints=analysis.hints,
    )


def _no_room() -> StagingRefusedError:
    return StagingRefusedError(
        "room_not_found",
        "No room with floor and walls was recognised. Use a level photo of an empty room that "
        "shows the floor.",
    )


def _read_rendered(prepared: Preparation) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    try:
        return np.load(str(prepared.scene["output"]))  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise EngineFailedError("engine_crashed", "The renderer produced no picture.") from error


def _crop(answer: Mapping[str, JsonValue]) -> tuple[int, int, int, int]:
    match answer.get("crop"):
        case [int(left), int(top), int(right), int(bottom)]:
            return left, top, right, bottom
        case other:
            raise EngineFailedError("engine_crashed", f"The renderer answered crop {other!r}.")


def _record(
    request: StagingRequest,
    prepared: Preparation,
    answer: Mapping[str, JsonValue],
    seconds: Mapping[str, float],
) -> dict[str, JsonValue]:
    return {
        "engine": "blender",
        "version": VERSION,
        "blender": answer.get("blender"),
        "room_type": request.room_type,
        "style": request.style,
        "quality": request.quality,
        "seed": request.seed,
        "label": request.label,
        "camera": _camera_record(prepared.analysis.camera, prepared.analysis.room),
        "room": _room_record(prepared.analysis.room),
        "items": [_item_record(placement) for placement in prepared.placements],
        "light": _light_record(prepared.light),
        "seconds": {step: round(value, 3) for step, value in seconds.items()},
    }


def _camera_record(camera: Camera, room: RoomBox) -> dict[str, JsonValue]:
    return {
        "focal_35mm": round(camera.focal_35mm, 2),
        "yaw_deg": round(float(np.degrees(camera.yaw)), 2),
        "pitch_deg": round(float(np.degrees(camera.pitch)), 2),
        "roll_deg": round(float(np.degrees(camera.roll)), 2),
        "height_m": round(room.camera_height_m, 3),
        "score": round(camera.score, 3),
    }


def _room_record(room: RoomBox) -> dict[str, JsonValue]:
    return {
        "left_m": round(room.left_m, 3),
        "right_m": round(room.right_m, 3),
        "depth_m": round(room.depth_m, 3),
        "ceiling_m": round(room.ceiling_m, 3),
        "confidence": round(room.confidence, 3),
    }


def _item_record(placement: Placement) -> dict[str, JsonValue]:
    return {
        "name": placement.name,
        "asset": placement.asset,
        "position_m": [round(value, 3) for value in placement.position],
        "rotation_deg": round(float(np.degrees(placement.rotation)), 1),
        "size_m": [round(value, 3) for value in placement.size],
    }


def _light_record(light: RoomLight) -> dict[str, JsonValue]:
    return {
        "windows": [
            {
                "wall": window.wall,
                "size_m": [round(value, 2) for value in window.size],
                "radiance": [round(value, 2) for value in window.radiance],
            }
            for window in light.windows
        ],
        "floor_albedo": [round(value, 3) for value in light.floor_albedo],
        "gain": round(light.gain, 2),
    }
