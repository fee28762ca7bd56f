"""The steps of a job that need OpenCV: before the rendering and after it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from staging_engine import VERSION
from staging_engine.camera import Segments, find_segments
from staging_engine.composite import Rendered, composite, save_jpeg
from staging_engine.content import check_content
from staging_engine.defects import check_colour, check_picture
from staging_engine.floor import FloorView
from staging_engine.furniture import read_pieces
from staging_engine.geometry import Camera
from staging_engine.hints import SIDEWAYS, find_hints
from staging_engine.labels import Labels, read_labels
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
from staging_engine.reading import Reading, Told, read_room, steadiness
from staging_engine.room import RoomBox
from staging_engine.scene import describe_scene
from staging_engine.site import Site
from staging_engine.upright import check_upright
from staging_engine.verdict import Verdict, judge, judge_marked, measure_signals, no_lines
from staging_engine.visitors import check_visitors

# Fewer straight lines say nothing about a camera.
_FEWEST_SEGMENTS = 12


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the photo says about camera, room and floor."""

    photo: Pixels
    camera: Camera
    room: RoomBox
    view: FloorView
    labels: Labels | None
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
    told = Told(request.focal_35mm, request.ceiling_height_m, request.layout)
    segments, labels = find_segments(photo), read_labels(photo)
    hints = find_hints(photo, segments, labels)
    try:
        if told.layout is None:
            if not labels.shows_room:
                check_content(photo)
            check_picture(photo, labels)
            if SIDEWAYS in hints:
                raise StagingRefusedError("room_not_found", SIDEWAYS.message)
            check_upright(photo, labels)
        reading, verdict = _read(photo, segments, told, labels)
        if told.layout is None:
            check_colour(photo)
            check_visitors(photo, labels)
    except StagingRefusedError as error:
        error.hints = hints
        raise
    return Analysis(
        photo=photo,
        camera=reading.camera,
        room=reading.room,
        view=reading.view,
        labels=reading.labels,
        confidence=verdict.confidence,
        checks=verdict.checks,
        hints=hints,
        seconds=time.perf_counter() - started,
    )


def _read(photo: Pixels, segments: Segments, told: Told, labels: Labels) -> tuple[Reading, Verdict]:
    """The room and the verdict on it; the search is repeated only where nothing else speaks against it."""
    if len(segments) < _FEWEST_SEGMENTS and told.layout is None:
        raise no_lines()
    reading = read_room(photo, segments, told, labels)
    if told.layout is not None:
        verdict = judge_marked(reading)
    else:
        signals = measure_signals(reading)
        verdict = judge(signals)
        if verdict.refusal is None:
            verdict = judge(signals | {"steady": steadiness(photo, reading, told)})
    if verdict.refusal is not None:
        raise verdict.refusal
    return reading, verdict


def site_of(analysis: Analysis) -> Site:
    """The room as its planner sees it."""
    return Site(analysis.camera, analysis.room, analysis.view, labels=analysis.labels)


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
    light = estimate_light(
        analysis.photo, analysis.camera, analysis.room, analysis.view, analysis.labels
    )
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
    floor = prepared.analysis.view.mask
    image = composite(photo, rendered, _crop(answer), request.seed, floor)
    save_jpeg(image, request.output, label=request.label)
    if request.other_output is not None:
        save_jpeg(image, request.other_output, label=not request.label)
    seconds = {
        "finding_room": prepared.analysis.seconds,
        "planning": prepared.seconds,
        "rendering": rendering_seconds,
        **_child_seconds(answer),
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


def _read_rendered(prepared: Preparation) -> Rendered:
    try:
        with np.load(str(prepared.scene["output"])) as arrays:
            return Rendered(arrays["furniture"], arrays["shadow"], arrays["outline"])
    except (OSError, ValueError, KeyError) as error:
        raise EngineFailedError("engine_crashed", "The renderer produced no picture.") from error


def _crop(answer: Mapping[str, JsonValue]) -> tuple[int, int, int, int]:
    match answer.get("crop"):
        case [int(left), int(top), int(right), int(bottom)]:
            return left, top, right, bottom
        case other:
            raise EngineFailedError("engine_crashed", f"The renderer answered crop {other!r}.")


def _child_seconds(answer: Mapping[str, JsonValue]) -> dict[str, float]:
    """What the rendering consists of, as the child tells it."""
    steps = {
        "building": answer.get("build_seconds"),
        "colours": answer.get("render_seconds"),
        "shadows": answer.get("shadow_seconds"),
    }
    return {name: value for name, value in steps.items() if isinstance(value, float)}


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
