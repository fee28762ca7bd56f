"""Furnishes photos of empty rooms: finds camera and room, plans, renders with Blender, composites.

`port` is the interface for callers; `blender` is the real engine, `fast` one for tests;
`install` prepares Blender's own environment. The computer vision is imported only when a job runs.
"""

from __future__ import annotations

VERSION = "0.1.1"
