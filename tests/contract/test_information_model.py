"""The address space is a contract: what a client was told yesterday still stands today."""

from tests.contract.model_table import GOLDEN, table


async def test_that_every_node_id_type_unit_and_range_is_as_published() -> None:
    published = GOLDEN.read_text(encoding="utf-8").splitlines()

    found = (await table()).splitlines()

    gone = sorted(set(published) - set(found))
    new = sorted(set(found) - set(published))
    assert not gone, f"gone or changed: {gone[:10]}"
    assert not new, f"not in the golden file (python -m tests.contract.model_table): {new[:10]}"
