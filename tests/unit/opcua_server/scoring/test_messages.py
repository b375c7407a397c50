"""Messages between server and worker keep what they carry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from opcua_server.scoring.messages import MAX_MESSAGE, PREFIX, Message, length_of, pack, unpack

numbers = arrays.arrays(
    dtype=st.sampled_from([np.float64, np.uint32, np.int8, np.bool_]),
    shape=arrays.array_shapes(max_dims=2, max_side=8),
)


@given(columns=st.dictionaries(st.text(max_size=8), numbers, max_size=3), text=st.text(max_size=20))
def test_that_a_message_arrives_as_it_was_sent(columns: dict[str, np.ndarray], text: str) -> None:
    sent = pack(Message(kind="score", fields={"text": text}, arrays=columns))

    assert length_of(sent[:PREFIX]) == len(sent) - PREFIX
    arrived = unpack(sent[PREFIX:])
    assert arrived.kind == "score"
    assert arrived.fields == {"text": text}
    assert list(arrived.arrays) == list(columns)
    for name, column in columns.items():
        assert arrived.arrays[name].dtype == column.dtype
        np.testing.assert_array_equal(arrived.arrays[name], column)


@pytest.mark.parametrize("length", [0, PREFIX, MAX_MESSAGE + 1, 0xFFFFFFFF])
def test_that_a_length_that_cannot_be_ours_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="a message of"):
        length_of(length.to_bytes(4, "little"))
