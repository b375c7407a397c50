"""Services in the way that foreign clients ask for them: pages, parts of values."""

import pytest

from tests.support.foreign_client import ForeignClient, node_id

NAMESPACES = "i=2255"


def test_that_pages_together_are_all_references(client: ForeignClient) -> None:
    whole = client.do("browse", node=node_id("CNC-014"))["names"]

    paged = client.do("browse_pages", node=node_id("CNC-014"), size=4)

    assert paged["status"] == "Good"
    assert paged["names"] == whole
    assert set(paged["sizes"][:-1]) == {4}
    assert 0 < paged["sizes"][-1] <= 4


def test_that_every_machine_is_found_however_small_the_pages(client: ForeignClient) -> None:
    folder = next(
        each["node"] for each in client.do("browse", node="i=85")["references"] if each["name"] == "Machines"
    )

    paged = client.do("browse_pages", node=folder, size=10)

    assert len(set(paged["names"]) - {"FolderType"}) == 108
    assert max(paged["sizes"]) == 10


@pytest.mark.parametrize(("text", "first", "last"), [("0", 0, 0), ("1:2", 1, 2)])
def test_that_a_part_of_an_array_is_read(client: ForeignClient, text: str, first: int, last: int) -> None:
    whole = client.read(NAMESPACES)

    part = client.do("read", node=NAMESPACES, range=text)

    assert (part["status"], part["value"]) == ("Good", whole[first : last + 1])


def test_that_a_part_beyond_the_end_is_no_data(client: ForeignClient) -> None:
    assert client.do("read", node=NAMESPACES, range="90:95")["status"] == "BadIndexRangeNoData"


def test_that_a_method_of_another_device_is_invalid(client: ForeignClient) -> None:
    answer = client.do("call", object=node_id("CNC-015"), method=node_id("CNC-014/Start"), inputs=[])

    assert answer["status"] == "BadMethodInvalid"
