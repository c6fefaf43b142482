"""DAWproject 1.0 as its published schema has it, as far as a project of audio tracks needs it.

Facts of https://github.com/bitwig/dawproject (Project.xsd, MetaData.xsd): which attributes an
element must and may have, of which type, and which children, in which order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as Xml

UNITS = {
    "linear", "normalized", "percent", "decibel", "hertz", "semitones", "seconds", "beats", "bpm",
}  # fmt: skip
CONTENT = {"audio", "automation", "notes", "video", "markers", "tracks"}
_NCNAME = re.compile(r"[A-Za-z_][\w.-]*")
_DOUBLE = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|-?INF|NaN")


def _one_of(*values: str) -> re.Pattern[str]:
    return re.compile("|".join(values))


TYPES = {
    "string": re.compile(r".*"),
    "double": _DOUBLE,
    "int": re.compile(r"[+-]?\d+"),
    "boolean": _one_of("true", "false", "0", "1"),
    "id": _NCNAME,
    "idref": _NCNAME,
    "unit": _one_of(*UNITS),
    "time": _one_of("beats", "seconds"),
    "role": _one_of("regular", "master", "effect", "submix", "vca"),
    "content": re.compile(rf"({'|'.join(CONTENT)})( ({'|'.join(CONTENT)}))*"),
}


@dataclass(frozen=True)
class Kind:
    """`must`, `may`: attributes with their types. `children`: kinds of elements in order, each
    `Name:Kind` with `?` (at most one), `*` (any number) or nothing (exactly one) behind it."""

    must: dict[str, str] = field(default_factory=dict)
    may: dict[str, str] = field(default_factory=dict)
    children: tuple[str, ...] = ()


NAMED = {"name": "string", "color": "string", "comment": "string"}
REFERABLE = {**NAMED, "id": "id"}
TIMELINE = {**REFERABLE, "timeUnit": "time", "track": "idref"}
PARAMETER = {**REFERABLE, "parameterID": "int"}

KINDS = {
    "project": Kind(
        {"version": "string"},
        children=(
            "Application:application", "Transport:transport?", "Structure:structure?",
            "Arrangement:arrangement?", "Scenes:scenes?",
        ),
    ),
    "application": Kind({"name": "string", "version": "string"}),
    "transport": Kind(children=("Tempo:real?", "TimeSignature:signature?")),
    "real": Kind(
        {"unit": "unit"}, {**PARAMETER, "max": "double", "min": "double", "value": "double"}
    ),
    "bool": Kind({}, {**PARAMETER, "value": "boolean"}),
    "signature": Kind({"denominator": "int", "numerator": "int"}, PARAMETER),
    "structure": Kind(children=("Track:track*",)),
    "track": Kind(
        {}, {**REFERABLE, "contentType": "content", "loaded": "boolean"},
        ("Channel:channel?", "Track:track*"),
    ),
    "channel": Kind(
        {},
        {
            **REFERABLE, "audioChannels": "int", "destination": "idref", "role": "role",
            "solo": "boolean",
        },
        ("Devices:never?", "Mute:bool?", "Pan:real?", "Sends:never?", "Volume:real?"),
    ),
    "arrangement": Kind({}, REFERABLE, ("Lanes:lanes?",)),
    "lanes": Kind({}, TIMELINE, ("Lanes:lanes*", "Clips:clips*")),
    "clips": Kind({}, TIMELINE, ("Clip:clip*",)),
    "clip": Kind(
        {"time": "double"},
        {
            **NAMED, "duration": "double", "contentTimeUnit": "time", "playStart": "double",
            "playStop": "double", "loopStart": "double", "loopEnd": "double",
            "fadeTimeUnit": "time", "fadeInTime": "double", "fadeOutTime": "double",
            "enable": "boolean", "reference": "idref",
        },
        ("Audio:audio?",),
    ),
    "audio": Kind(
        {"channels": "int", "sampleRate": "int", "duration": "double"},
        {**TIMELINE, "algorithm": "string"},
        ("File:file",),
    ),
    "file": Kind({"path": "string"}, {"external": "boolean"}),
    "scenes": Kind(),
    "never": Kind(),
    "metadata": Kind(
        children=tuple(
            f"{name}:text?"
            for name in (
                "Title", "Artist", "Album", "OriginalArtist", "Composer", "Songwriter", "Producer",
                "Arranger", "Year", "Genre", "Copyright", "Website", "Comment",
            )
        )
    ),
    "text": Kind(),
}  # fmt: skip


def check(root: Xml.Element) -> None:
    """Assert that `Project` or `MetaData` follows the schema: elements, order, attributes, types,
    IDs given once, and references that lead to one."""
    kind = {"Project": "project", "MetaData": "metadata"}[root.tag]
    given: list[str] = []
    referred: list[str] = []
    _check(root, kind, given, referred)
    assert len(set(given)) == len(given), "an ID is given twice"
    assert set(referred) <= set(given), f"lead nowhere: {set(referred) - set(given)}"


def _check(element: Xml.Element, name: str, given: list[str], referred: list[str]) -> None:
    kind = KINDS[name]
    assert set(kind.must) <= set(element.attrib), f"{element.tag}: {set(kind.must)}"
    for key, value in element.attrib.items():
        known = {**kind.must, **kind.may}
        assert key in known, f"{element.tag} has no {key}"
        assert TYPES[known[key]].fullmatch(value), f"{element.tag} {key}={value!r}"
        if known[key] == "id":
            given.append(value)
        elif known[key] == "idref":
            referred.append(value)
    if name != "text":
        assert not (element.text or "").strip(), f"text in {element.tag}"
    left = list(element)
    for child in kind.children:
        tag, _, rest = child.partition(":")
        inner, many = rest.rstrip("?*"), rest[-1]
        count = 0
        while left and left[0].tag == tag:
            _check(left.pop(0), inner, given, referred)
            count += 1
        assert many == "*" or count <= 1, f"{count} times {tag}"
        assert many in "?*" or count == 1, f"{element.tag} without {tag}"
    assert not left, f"{element.tag}: {left[0].tag} out of place"
