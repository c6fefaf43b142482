"""The sentences about exports: what happened and what to do, and what a person should know."""

from __future__ import annotations

from stemdesk.core.errors import ErrorCode
from stemdesk.core.notices import NoticeCode

_E = ErrorCode
EXPORT_ERRORS: dict[ErrorCode, tuple[str, str]] = {
    _E.FILE_TOO_LARGE: (
        "{name} would be larger than 4 GiB, which its format cannot hold.",
        "Choose WAV, which becomes RF64 then, or FLAC.",
    ),
    _E.FOLDER_GONE: (
        "The folder {path} is not there.",
        "Connect its drive, or choose another folder.",
    ),
    _E.FOLDER_OF_EXPORTS: (
        "All sound in the folder {name} was exported by StemDesk.",
        "Choose a folder with songs; to split an exported file again, add the file itself.",
    ),
    _E.NOTHING_TO_EXPORT: (
        "Of {name} there is nothing to export that way.",
        "Choose other stems, or another kind of file.",
    ),
    _E.SOURCE_NO_VIDEO: (
        "{name} is no video, so there is no picture to put the remix to.",
        "Export the remix as a sound file.",
    ),
    _E.PRESET_UNKNOWN: ("There is no export preset “{preset}”.", "Choose from: {known}."),
    _E.SONG_UNKNOWN: (
        "There is no finished song “{song}”.",
        "The list shows which there are: stemdesk export --list.",
    ),
    _E.SONG_AMBIGUOUS: (
        "Several songs fit “{song}”: {known}.",
        "Name one by its id or its folder.",
    ),
    _E.SONG_NOT_SPLIT: ("{name} was not split yet.", "Split it first: stemdesk split."),
}

_N = NoticeCode
EXPORT_NOTICES: dict[NoticeCode, str] = {
    _N.PART_CLIPPED: (
        "“{part}” is {peak_db:.1f} dB louder than its format can hold and was clipped; a shared "
        "gain or 32-bit WAV keeps it whole."
    ),
    _N.SONG_CLIPPED: (
        "The song itself is {peak_db:.1f} dB louder than the format can hold, so what the stems "
        "sum to is clipped there; a shared gain or 32-bit WAV keeps it whole."
    ),
    _N.PART_LIMITED: "“{part}” is {peak_db:.1f} dB too loud, and its peaks were rounded off.",
    _N.ORIGINAL_GONE: (
        "The song's own file is not there any more, so the model's sample rate was used: "
        "{samplerate_hz} Hz."
    ),
    _N.ORIGINAL_DIFFERS: (
        "The song's own file is not the one any more that was split, or has another length, so "
        "the model's sample rate was used: {samplerate_hz} Hz."
    ),
    _N.EXACT_SUM_LEFT_OUT: (
        "The stems were not made to sum to the song: that takes the song's own sound and all stems."
    ),
    _N.RESIDUAL_LEFT_OUT: (
        "There is no file of what the stems leave out: they sum to the song, so it is silence."
    ),
    _N.NO_LOOP: "The song has no loop, so all of it was exported.",
    _N.NO_VIDEO: "The song's file is no video, so no video was made.",
    _N.NOT_FOR_PROJECT: "No project was made: there is no file that it could play.",
}
