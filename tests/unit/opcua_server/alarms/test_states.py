"""Every pair of state and trigger, one by one."""

from itertools import product

import pytest

from opcua_server.alarms.states import AlarmState, IllegalTransitionError, Trigger, next_state

N, U, A, C = AlarmState  # normal, active unacknowledged, active acknowledged, cleared unacknowledged
LEGAL = {
    (N, Trigger.ACTIVATE): U,
    (U, Trigger.ACKNOWLEDGE): A,
    (U, Trigger.CLEAR): C,
    (U, Trigger.ESCALATE): U,
    (U, Trigger.UPDATE): U,
    (U, Trigger.JOIN): N,
    (A, Trigger.CLEAR): N,
    (A, Trigger.ESCALATE): U,
    (A, Trigger.UPDATE): A,
    (A, Trigger.JOIN): N,
    (C, Trigger.ACKNOWLEDGE): N,
    (C, Trigger.ACTIVATE): U,
}


@pytest.mark.parametrize(("state", "trigger"), list(product(AlarmState, Trigger)))
def test_that_a_trigger_leads_where_the_standard_says_or_is_refused(
    state: AlarmState, trigger: Trigger
) -> None:
    if (state, trigger) in LEGAL:
        assert next_state(state, trigger) is LEGAL[state, trigger]
    else:
        with pytest.raises(IllegalTransitionError):
            next_state(state, trigger)


def test_that_active_and_acknowledged_are_read_off_the_state() -> None:
    assert [state.is_active for state in AlarmState] == [False, True, True, False]
    assert [state.is_acknowledged for state in AlarmState] == [True, False, True, False]
