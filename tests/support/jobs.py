"""Jobs for tests."""

from pathlib import Path
from typing import Any

from stemdesk.core.job import Job, new_job
from stemdesk.core.options import AudioFormat, ExportOptions, SeparationOptions
from stemdesk.core.track import Track


def a_job(source: Path = Path("song.mp3"), root: Path = Path("out"), **changes: Any) -> Job:
    """A queued job; `changes` replace its fields."""
    job = new_job(Track(source), SeparationOptions("small"), ExportOptions(AudioFormat.WAV), root)
    values = {name: getattr(job, name) for name in job.__dataclass_fields__}
    return Job(**{**values, **changes})
