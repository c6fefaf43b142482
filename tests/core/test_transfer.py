import pytest

from stemdesk.core.transfer import Transfer, ignore_transfer


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(0, 10, 0.0), (5, 10, 0.5), (12, 10, 1.0), (5, 0, 0.0)]
)
def test_fraction(done: int, total: int, fraction: float) -> None:
    transfer = Transfer("file", done, total)
    assert transfer.fraction == fraction
    ignore_transfer(transfer)
