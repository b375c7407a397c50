"""The server notices that it is behind, and that the clock has jumped."""

from datetime import UTC, datetime, timedelta

from opcua_server.watch import JUMP_SHOWN_S, SelfWatch


class Clocks:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.mono_s = 1000.0
        self.wall = datetime(2026, 11, 21, tzinfo=UTC)

    def advance(self, seconds: float, *, wall_s: float | None = None) -> None:
        self.mono_s += seconds
        self.wall += timedelta(seconds=seconds if wall_s is None else wall_s)

    def watch(self) -> SelfWatch:
        return SelfWatch(10.0, monotonic_s=lambda: self.mono_s, now=lambda: self.wall)


def test_that_a_late_tick_now_and_then_is_no_trouble() -> None:
    clocks = Clocks()
    watch = clocks.watch()

    for second in range(60):
        assert watch.look(second // 5).overrun == ""
        clocks.advance(1.0)


def test_that_being_behind_for_good_is_told_and_taken_back() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    texts = []
    for second in range(40):
        texts.append(watch.look(min(second, 15) * 8).overrun)
        clocks.advance(1.0)

    assert "80 %" in texts[10]
    assert texts[-1] == ""


def test_that_a_clock_that_jumps_is_told_with_its_way_and_size() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.advance(1.0)
    assert watch.look(0).clock == ""

    clocks.advance(1.0, wall_s=-3599.0)

    assert "backwards by 3600 s" in watch.look(0).clock
    clocks.advance(JUMP_SHOWN_S + 1)
    assert watch.look(0).clock == ""


def test_that_a_clock_that_is_slewed_is_no_jump() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    for _ in range(100):
        clocks.advance(1.0, wall_s=1.0005)
        assert watch.look(0).clock == ""
