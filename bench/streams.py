"""Kafka Streams for the peers: its jars from Maven, its job compiled, once into the cache."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).with_name("peers") / "streams"
FOLDER: Final = Path(".cache/bench/streams")


def available() -> bool:
    """Tell whether a JDK and Maven are here."""
    return all(shutil.which(tool) for tool in ("java", "javac", "mvn"))


def command() -> list[str]:
    """Return the command of the job, compiled if it was not."""
    libraries, classes = FOLDER / "libs", FOLDER / "classes"
    if not libraries.exists():
        fresh = FOLDER / "libs.fetching"
        shutil.rmtree(fresh, ignore_errors=True)
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh.resolve()}"]
        subprocess.run(
            ["mvn", "-q", "-B", "-f", str(SOURCES / "pom.xml"), *goal],
            check=True,
            capture_output=True,
        )
        fresh.rename(libraries)
    path = f"{classes}:{libraries}/*"
    job = SOURCES / "Job.java"
    if not (classes / "Job.class").exists() or _newer(job, classes / "Job.class"):
        subprocess.run(["javac", "-d", str(classes), "-cp", path, str(job)], check=True)
    return ["java", "-Xmx1g", "-XX:+UseSerialGC", "-cp", path, "Job"]


def _newer(one: Path, other: Path) -> bool:
    return one.stat().st_mtime > other.stat().st_mtime
