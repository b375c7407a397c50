"""The tests that run by themselves: what they measure, a machine busy with other tests would spoil."""

ALONE = (
    "tests/attacks/",  # how long a bystander waits, and what one step of the server's loop takes
    "tests/system/link/test_commands.py",  # two seconds to an outcome
    "tests/system/link/test_reconnect.py",  # how soon values are stale, and fresh again
    "tests/system/link/test_stop.py",  # half a second to a confirmed stop
    "tests/system/test_emergency_stop.py",  # a second to a stopped machine
    "tests/system/test_minute_of_plant.py",  # a whole plant at its own pace
    "tests/system/test_stop_in_trouble.py",
)


def runs_alone(node_id: str) -> bool:
    """Return whether a test, by its node id from the repository's root, is one of them."""
    return node_id.startswith(ALONE)
