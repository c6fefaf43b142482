import pytest

from stemdesk.core.transfer import Transfer, ignore_transfer, part_of


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0, 10, 0.0), (5, 10, 0.5), (12, 10, 1.0), (5, 0, 0.0)]
)
def test_fraction(done: int, total: int, fraction: float) -> None:
    transfer = Transfer("file", done, total)
    assert transfer.fraction == fraction
    ignore_transfer(transfer)


def test_a_file_is_told_as_a_part_of_all() -> None:
    told: list[Transfer] = []
    report = part_of(told.append, "all", before=100, total=400)
    report(Transfer("one", 50, 60, bytes_per_s=25.0, left_s=0.4))
    report(Transfer("one", 60, 60))
    assert told == [
        Transfer("all", 150, 400, bytes_per_s=25.0, left_s=10.0),
        Transfer("all", 160, 400),
    ]
