"""What waits for the screen: one batch of numbers, texts apart."""

from datetime import UTC, datetime

import numpy as np
from asyncua import ua

from hmi.link.decode import DataChange, Samples
from hmi.link.outbox import Outbox, text_of

NUMBER, TEXT = 0, 1  # tag ids
IS_TEXT = np.array([False, True])
BAD = 0x80310000


def change(*rows: tuple[int, float, int]) -> DataChange:
    handles, values, status = zip(*rows, strict=True)
    times = np.zeros(len(rows), np.int64)
    return DataChange(
        Samples(np.array(handles, np.uint32), np.array(values), np.array(status, np.uint32), times)
    )


def test_that_what_arrives_in_a_frame_leaves_as_one_batch_in_order() -> None:
    outbox = Outbox()
    outbox.add(change((NUMBER + 1, 1.0, 0), (NUMBER + 1, 2.0, 0)), IS_TEXT, 5.0)
    outbox.add(change((NUMBER + 1, 3.0, BAD)), IS_TEXT, 6.0)

    batch = outbox.take_samples()

    assert batch is not None
    assert (batch.tag_ids.tolist(), batch.values.tolist()) == ([0, 0, 0], [1.0, 2.0, 3.0])
    assert (batch.status.tolist(), batch.arrived_s) == ([0, 0, BAD], 6.0)
    assert outbox.take_samples() is None


def test_that_an_empty_value_of_a_text_tag_is_a_text_and_an_unknown_handle_is_dropped() -> None:
    outbox = Outbox()

    outbox.add(change((TEXT + 1, np.nan, BAD), (NUMBER + 1, 4.0, 0), (99, 7.0, 0), (0, 7.0, 0)), IS_TEXT, 1.0)

    batch = outbox.take_samples()
    assert batch is not None
    assert batch.tag_ids.tolist() == [NUMBER]
    assert [(t.tag_id, t.text, t.status) for t in outbox.take_texts()] == [(TEXT, "", BAD)]


def test_that_a_tag_that_cannot_be_subscribed_is_shown_with_the_servers_status() -> None:
    outbox = Outbox()

    outbox.add_refused(NUMBER, BAD, is_text=False)
    outbox.add_refused(TEXT, BAD, is_text=True)

    batch = outbox.take_samples()
    assert batch is not None
    assert np.isnan(batch.values[0])
    assert (batch.status[0], outbox.take_texts()[0].status) == (BAD, BAD)


def test_that_every_kind_of_value_has_a_text() -> None:
    when = datetime(2026, 1, 2, tzinfo=UTC)

    texts = [text_of(v) for v in (None, ua.LocalizedText("heiß"), when, ["a", 0.5, when], True)]

    assert texts == [
        "",
        "heiß",
        "2026-01-02T00:00:00+00:00",
        '["a", 0.5, "2026-01-02T00:00:00+00:00"]',
        "True",
    ]
