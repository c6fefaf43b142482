"""What a pass's bits depend on beside the song, the model and the plan. Torch-free."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Implementation(StrEnum):
    """Which code runs a network, the quickest first."""

    FAST_HALF = "fast-half"  # engine/htdemucs.py in half precision, on CUDA
    FAST = "fast"  # engine/htdemucs.py
    STOCK = "stock"  # demucs' own forward


@dataclass(frozen=True, slots=True)
class Setup:
    """How passes are computed. `device`: torch's name. `threads`: on the CPU, else 0. `batch`:
    most segments in one call (a GPU with little memory gets fewer). `torch`: its version;
    `processor`: the CPU and the instruction set that torch uses of it, or the GPU's name.
    `implementations`: of each sub-model that takes part, by its signature.

    Passes of equal setups have the same bits on a CPU.
    """

    device: str
    threads: int
    batch: int
    torch: str
    processor: str
    implementations: tuple[tuple[str, Implementation], ...] = ()

    def implementation(self, signature: str) -> Implementation | None:
        return dict(self.implementations).get(signature)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"implementations": dict(self.implementations)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises `ValueError`, `KeyError` or `TypeError` for what is none."""
        implementations = tuple(
            (str(signature), Implementation(name))
            for signature, name in dict(value["implementations"]).items()
        )
        return cls(
            device=str(value["device"]),
            threads=int(value["threads"]),
            batch=int(value["batch"]),
            torch=str(value["torch"]),
            processor=str(value["processor"]),
            implementations=implementations,
        )
