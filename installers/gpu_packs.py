"""Pins the GPU pack of this system (`installers/GPU.md`): writes its entry of `gpu_packs.json` from
pip's own answer, and fetches every file of it to see that it is there and how large it is.

    python -m installers.gpu_packs TORCH [--index-url ADDRESS] [--out FILE]

`TORCH`: what pip is asked for, `torch==2.13.0` or, with an index of PyTorch's CUDA builds,
`torch==2.13.0+cu130`. To be run on each system that a pack is for, with the Python that is frozen:
pip answers for the machine that it runs on. `--index-url` goes into the entry; the app then asks
there instead of at the configured index.
Exit code 1 if anything cannot be pinned: then there is no release.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from stemdesk.core.errors import StemDeskError  # noqa: E402 - after the path is set
from stemdesk.core.progress import CancelToken  # noqa: E402 - after the path is set
from stemdesk.core.sentences import say  # noqa: E402 - after the path is set
from stemdesk.core.transfer import ignore_transfer  # noqa: E402 - after the path is set
from stemdesk.engine.gpu_pack import LIST, PACKAGES, key_here  # noqa: E402 - after the path is set
from stemdesk.fetch.configured import configured_index  # noqa: E402 - after the path is set
from stemdesk.fetch.download import RemoteFile, download  # noqa: E402 - after the path is set
from stemdesk.fetch.limits import LIMITS  # noqa: E402 - after the path is set
from stemdesk.fetch.package_index import address_of, size_at  # noqa: E402 - after the path is set

PINNED = ROOT / "src" / "stemdesk" / "engine" / LIST
# What a CUDA needs, from NVIDIA's release notes: the oldest driver (Linux' number; Windows' is not
# above it), the oldest GPU.
NEEDS = {"12": (525, 5.0), "13": (580, 7.5)}


class PinError(Exception):
    """A pack that cannot be pinned; says why."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torch", help="torch==VERSION")
    parser.add_argument("--index-url", default="", help="default: the configured index")
    parser.add_argument("--out", type=Path, default=PINNED)
    options = parser.parse_args(arguments)
    try:
        entry = pin(options.torch, options.index_url)
    except PinError as error:
        print(f"not pinned: {error}", file=sys.stderr)
        return 1
    except StemDeskError as error:
        print("not pinned:", *say(error.code, error.path, error.facts), file=sys.stderr)
        return 1
    key, listed = key_here(), json.loads(options.out.read_text("utf-8"))
    listed[key] = entry
    options.out.write_text(json.dumps(listed, indent=2) + "\n", "utf-8")
    size = sum(file["size_bytes"] for file in entry["files"])
    print(f"{key}: {len(entry['files'])} files, {size} bytes, {entry['unpacked_bytes']} unpacked")
    return 0


def pin(torch: str, index: str = "") -> dict[str, Any]:
    """The entry for this system. Raises `PinError`, `StemDeskError`."""
    return entry_of(pip_report(torch, index), index)


def pip_report(torch: str, index: str) -> Mapping[str, Any]:
    """What pip would install here, were there nothing. Raises `PinError`."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--only-binary=:all:", "--report", "-", torch]
    command += ["--index-url", index] if index else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PinError(done.stderr.strip()[-2000:])
    report: Mapping[str, Any] = json.loads(done.stdout)
    return report


def entry_of(report: Mapping[str, Any], index: str) -> dict[str, Any]:
    """The entry that a report stands for; each file is fetched. Raises `PinError`,
    `StemDeskError`."""
    files, version, unpacked = [], "", 0
    for item in report["install"]:
        info, name = item["download_info"], item["metadata"]["name"].lower().replace("_", "-")
        if name != "torch" and not name.startswith(("nvidia-", "cuda-")):
            continue  # the app has them, or does without, as without triton
        file = unquote(PurePosixPath(urlsplit(info["url"]).path).name)
        hashes = info.get("archive_info", {}).get("hashes", {})
        if not file.endswith(".whl") or "sha256" not in hashes:
            raise PinError(f"{file} is no wheel with a SHA-256")
        size, more = measured(file, name, hashes["sha256"], index)
        version = item["metadata"]["version"] if name == "torch" else version
        unpacked += more
        if more:  # else it only names others, as cuda-toolkit does
            files.append({"name": file, "sha256": hashes["sha256"], "size_bytes": size})
    if not version:
        raise PinError("there is no torch in pip's answer")
    driver, capability = needs(version, files)
    entry = {"torch": version.partition("+")[0], "driver": driver, "capability": capability}
    entry |= {"unpacked_bytes": unpacked, **({"index": index} if index else {})}
    return entry | {"files": sorted(files, key=lambda file: str(file["name"]))}


def needs(version: str, files: Sequence[Mapping[str, Any]]) -> tuple[int, float]:
    """The oldest driver and GPU, by the CUDA that torch was built with: its version says it
    (2.13.0+cu130), or NVIDIA's run time beside it. Raises `PinError`."""
    local = version.partition("+cu")[2]
    runtimes = [file["name"] for file in files if file["name"].startswith("nvidia_cuda_runtime")]
    major = local[:2] or (runtimes[0].split("-")[1].partition(".")[0] if runtimes else "")
    if major not in NEEDS:
        raise PinError(f"torch {version} is no build with a CUDA that is known")
    return NEEDS[major]


def measured(file: str, package: str, sha256: str, index: str) -> tuple[int, int]:
    """Bytes of a wheel, and of what is unpacked of it. It is fetched as the app does, from where
    the app would. Raises `PinError`, `StemDeskError`."""
    cancel = CancelToken()
    url = address_of(index or configured_index(), package, file, cancel, LIMITS)
    if url is None:
        raise PinError(f"the index does not have {file}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        size = size_at(url, cancel, LIMITS)
        download(RemoteFile(url, size, sha256), path, ignore_transfer, cancel)
        return size, unpacked_bytes(path)


def unpacked_bytes(wheel: Path) -> int:
    """As `fetch.wheel.unpack` would write of it."""
    with zipfile.ZipFile(wheel) as archive:
        return sum(item.file_size for item in archive.infolist() if _is_wanted(item.filename))


def _is_wanted(name: str) -> bool:
    top = PurePosixPath(name).parts[0]
    package, _, rest = top.partition("-")
    return top in PACKAGES or (package in PACKAGES and rest.endswith(".dist-info"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
