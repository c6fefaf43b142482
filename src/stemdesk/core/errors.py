"""The error tree: the first file to read.

Every failure a person can meet is a `StemDeskError` with a code. The code picks the sentence
(`core/sentences.py`); `path` names the file it is about, `facts` carry the numbers that the
sentence needs, `detail` is the technical cause for "copy details". Third-party exceptions are
translated once, in the module that calls that library. Anything else is a bug.
"""

from __future__ import annotations

import errno
import shutil
from enum import StrEnum
from pathlib import Path


class ErrorCode(StrEnum):
    """What went wrong, one code for each sentence."""

    SOURCE_MISSING = "source_missing"
    SOURCE_UNREADABLE = "source_unreadable"
    SOURCE_EMPTY = "source_empty"
    SOURCE_UNSUPPORTED = "source_unsupported"
    SOURCE_PLAYLIST = "source_playlist"
    SOURCE_NO_AUDIO = "source_no_audio"
    SOURCE_NO_FRAMES = "source_no_frames"
    SOURCE_IMPLAUSIBLE = "source_implausible"
    SOURCE_TOO_LONG = "source_too_long"
    SOURCE_CHANGED = "source_changed"
    FOLDER_WITHOUT_AUDIO = "folder_without_audio"
    FOLDER_OF_EXPORTS = "folder_of_exports"
    MODEL_MISSING = "model_missing"
    MODEL_NONE_INSTALLED = "model_none_installed"
    MODEL_CORRUPT = "model_corrupt"
    MODEL_REFUSED = "model_refused"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_NOT_DOWNLOADABLE = "model_not_downloadable"
    MODEL_NOT_RECOGNISED = "model_not_recognised"
    MODEL_WRONG_HASH = "model_wrong_hash"
    MODEL_BUSY = "model_busy"
    MODEL_IN_USE = "model_in_use"
    MODEL_BUILT_IN = "model_built_in"
    MODEL_NAME_TAKEN = "model_name_taken"
    MODEL_NAME_INVALID = "model_name_invalid"
    DOWNLOAD_OFFLINE = "download_offline"
    DOWNLOAD_PROXY = "download_proxy"
    DOWNLOAD_UNTRUSTED = "download_untrusted"
    DOWNLOAD_ADDRESS = "download_address"
    DOWNLOAD_REDIRECTED = "download_redirected"
    DOWNLOAD_REFUSED = "download_refused"
    DOWNLOAD_STALLED = "download_stalled"
    DOWNLOAD_BROKEN = "download_broken"
    DOWNLOAD_NOT_THE_FILE = "download_not_the_file"
    DOWNLOAD_WRONG_SIZE = "download_wrong_size"
    DOWNLOAD_WRONG_HASH = "download_wrong_hash"
    LINK_INVALID = "link_invalid"
    LINK_UNSUPPORTED = "link_unsupported"
    LINK_NOT_FOUND = "link_not_found"
    LINK_PRIVATE = "link_private"
    LINK_LOGIN = "link_login"
    LINK_AGE = "link_age"
    LINK_REGION = "link_region"
    LINK_LIVE = "link_live"
    LINK_DRM = "link_drm"
    LINK_TOO_LONG = "link_too_long"
    LINK_TOO_LARGE = "link_too_large"
    LINK_SITE_CHANGED = "link_site_changed"
    LINK_OFFLINE = "link_offline"
    LINK_PROXY = "link_proxy"
    LINK_UNTRUSTED = "link_untrusted"
    LINK_RUNTIME_MISSING = "link_runtime_missing"
    LINK_ADDRESS_REFUSED = "link_address_refused"
    LINK_REFUSED = "link_refused"
    LINK_TOO_MANY = "link_too_many"
    LINK_STALLED = "link_stalled"
    LINK_BROKEN = "link_broken"
    LINK_EMPTY = "link_empty"
    LINK_COOKIES = "link_cookies"
    LINK_TOOL_FAILED = "link_tool_failed"
    UPDATE_NONE = "update_none"
    UPDATE_UNUSABLE = "update_unusable"
    UPDATE_NO_INDEX = "update_no_index"
    GPU_PACK_NOT_NEEDED = "gpu_pack_not_needed"
    GPU_PACK_NONE = "gpu_pack_none"
    GPU_PACK_NO_GPU = "gpu_pack_no_gpu"
    GPU_PACK_OLD_DRIVER = "gpu_pack_old_driver"
    GPU_PACK_OLD_GPU = "gpu_pack_old_gpu"
    GPU_PACK_NO_INDEX = "gpu_pack_no_index"
    GPU_PACK_NOT_LISTED = "gpu_pack_not_listed"
    GPU_PACK_UNUSABLE = "gpu_pack_unusable"
    GPU_PACK_BUSY = "gpu_pack_busy"
    STEM_UNKNOWN = "stem_unknown"
    DEVICE_UNAVAILABLE = "device_unavailable"
    DEVICE_OUT_OF_MEMORY = "device_out_of_memory"
    OUTPUT_UNAVAILABLE = "output_unavailable"
    FOLDER_NOT_WRITABLE = "folder_not_writable"
    DISK_FULL = "disk_full"
    ENCODER_FAILED = "encoder_failed"
    FILE_TOO_LARGE = "file_too_large"
    FOLDER_GONE = "folder_gone"
    NOTHING_TO_EXPORT = "nothing_to_export"
    SOURCE_NO_VIDEO = "source_no_video"
    PRESET_UNKNOWN = "preset_unknown"
    SONG_UNKNOWN = "song_unknown"
    SONG_AMBIGUOUS = "song_ambiguous"
    SONG_NOT_SPLIT = "song_not_split"
    STEMS_MISSING = "stems_missing"
    SCRATCH_DAMAGED = "scratch_damaged"
    JOB_BUSY = "job_busy"
    STORE_FAILED = "store_failed"
    STORE_BUSY = "store_busy"
    STORE_NEWER = "store_newer"
    SETTINGS_INVALID = "settings_invalid"
    INTERNAL = "internal"


class StemDeskError(Exception):
    """A failure with a code.

    `detail`: technical cause, for the log and "copy details". `path`: the file or folder it is
    about. `retryable`: whether the same thing may work later without any change. `facts`:
    numbers and names for the sentence (bytes, seconds, hertz: the unit is in the key).
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        *,
        path: Path | None = None,
        retryable: bool = False,
        **facts: str | int | float,
    ) -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail
        self.path = path
        self.retryable = retryable
        self.facts = facts


class SourceError(StemDeskError):
    """The song: missing, unreadable, unsupported, without audio."""


class ModelError(StemDeskError):
    """The model: missing, corrupt, refused, not what it should be."""


class FetchError(StemDeskError):
    """A download: no network, refused, stalled, not the right file. `path`: where it should go."""


class LinkError(StemDeskError):
    """A link: not found, refused, no sound behind it, forbidden. Facts: `site` (its name or
    host)."""


class DeviceError(StemDeskError):
    """The compute device or the audio output: out of memory, unavailable."""


class ExportError(StemDeskError):
    """Writing what people keep: folder not writable, encoder missing."""


class DiskFullError(ExportError):
    """A volume has no room. Facts: `needed_bytes` (0 if unknown) and `free_bytes`."""

    def __init__(self, path: Path, needed_bytes: int = 0, detail: str = "") -> None:
        super().__init__(
            ErrorCode.DISK_FULL,
            detail,
            path=path,
            retryable=True,
            needed_bytes=needed_bytes,
            free_bytes=free_bytes(path),
        )


class ScratchError(StemDeskError):
    """A working file of a job is gone or cut off."""


class StoreError(StemDeskError):
    """The database of jobs."""


class SettingsError(StemDeskError):
    """A setting's value is not allowed."""


class Cancelled(Exception):  # noqa: N818 - an outcome, not an error
    """The person stopped the job. Not an error."""


class Paused(Exception):  # noqa: N818 - an outcome, not an error
    """The person paused the job; its finished passes stay in scratch."""


_FULL = {errno.ENOSPC, errno.EDQUOT}


def free_bytes(path: Path) -> int:
    """Free bytes on the volume that holds `path`, or its nearest existing parent."""
    for folder in (path, *path.parents):
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return 0


def write_error(error: OSError, path: Path, needed_bytes: int = 0) -> StemDeskError:
    """Translate an `OSError` met while writing `path`: disk full, or folder not writable."""
    if error.errno in _FULL:
        return DiskFullError(path, needed_bytes, str(error))
    return ExportError(ErrorCode.FOLDER_NOT_WRITABLE, str(error), path=path)
