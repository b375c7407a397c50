"""Random walks: whatever happens, no alarm makes a step that its states do not know."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opcua_server.alarms import AlarmError, AlarmKind, AlarmSnapshot, Transition
from opcua_server.alarms.records import TransitionKind
from opcua_server.alarms.states import TRANSITIONS, AlarmState, Trigger
from tests.examples import examples
from tests.unit.opcua_server.alarms.bench import BAD, Bench

# Values on both sides of every limit and bound, so that a walk meets them often.
POINTS = (
    ("GEN-001", "OilPressure", (1.5, 2.2, 4.5)),
    ("GEN-001", "Speed", (0.0, 1500.0, 1700.0)),
    ("CNC-014", "SpindleTemperature", (40.0, 67.0, 70.0, 80.0)),
    ("CNC-014", "GripperPressure", (3.0, 4.3, 6.0, 8.5)),
    ("PROC-001", "Temperature", (65.0, 95.0, 120.0, float("nan"))),
)
PUTS = [(device, name, value) for device, name, values in POINTS for value in values]
DETECTORS = (
    "CNC-014/FailurePredicted",
    "PROC-001/FailurePredicted",
    "GEN-001/FailurePredicted",
    "RIG-001/Novelty",
)
TRIGGER_OF = {
    TransitionKind.RAISED: Trigger.ACTIVATE,
    TransitionKind.ESCALATED: Trigger.ESCALATE,
    TransitionKind.EASED: Trigger.UPDATE,
    TransitionKind.UPDATED: Trigger.UPDATE,
    TransitionKind.EVIDENCE: Trigger.UPDATE,
    TransitionKind.ACKNOWLEDGED: Trigger.ACKNOWLEDGE,
    TransitionKind.CLEARED: Trigger.CLEAR,
    TransitionKind.JOINED: Trigger.JOIN,
}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(PUTS), st.sampled_from((0, 0, 0, BAD))),
        st.tuples(st.just("tick"), st.sampled_from((0.0, 0.5, 3.0, 20.0))),
        st.tuples(st.just("detect"), st.sampled_from(DETECTORS), st.booleans()),
        st.tuples(st.just("acknowledge"), st.integers(0, 30)),
        st.tuples(st.just("stop"), st.booleans(), st.sets(st.sampled_from(("CNC-014", "GEN-001")))),
        st.tuples(st.just("system"), st.booleans()),
        st.tuples(st.just("restart")),
    ),
    min_size=20,
    max_size=60,
)


class Walk:
    """An engine that is led about, with a mirror of what its transitions have told."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.told: dict[str, Transition] = {}
        self.event_ids: list[tuple[str, bytes]] = []

    def step(self, step: tuple[object, ...]) -> None:
        match step:
            case ("put", (str(device), str(name), float(value)), int(status)):
                self.bench.put(device, name, value, status)
            case ("tick", float(seconds)):
                self.note(self.bench.tick(seconds))
            case ("detect", str(key), bool(active)):
                self.note(self.bench.detect(key, active))
            case ("acknowledge", int(which)) if self.event_ids:
                self.acknowledge(*self.event_ids[which % len(self.event_ids)])
            case ("stop", bool(plant), set() as devices):
                names = [str(device) for device in devices]
                self.note(self.bench.engine.set_estop(plant=plant, devices=names, now=self.bench.now))
            case ("system", bool(on)):
                engine, now = self.bench.engine, self.bench.now
                key = "System/TickOverrun"
                self.note(engine.raise_system(key, "", now) if on else engine.clear_system(key, now))
            case ("restart",):
                self.restart()

    def acknowledge(self, key: str, event_id: bytes) -> None:
        try:
            done = self.bench.engine.acknowledge(key, event_id, "", "local:ann", self.bench.now)
        except AlarmError:
            return
        self.note([done])

    def note(self, transitions: list[Transition]) -> None:
        for transition in transitions:
            before = self.told.get(transition.key)
            state = before.record.state if before is not None else AlarmState.NORMAL
            assert transition.previous is state
            assert TRANSITIONS[state, TRIGGER_OF[transition.kind]] is transition.record.state
            assert (transition.key, transition.event_id) not in self.event_ids
            assert transition.event_id in transition.record.event_ids
            self.told[transition.key] = transition
            self.event_ids.append((transition.key, transition.event_id))

    def restart(self) -> None:
        before, old = self.bench.engine.records(), self.bench
        self.bench = Bench(old.definitions)
        self.bench.values[:], self.bench.status[:], self.bench.mono_s = old.values, old.status, old.mono_s
        self.bench.engine.restore(AlarmSnapshot.from_dict(r.snapshot().to_dict()) for r in before)
        assert self.bench.engine.records() == before

    def check(self) -> None:
        """What was told is what is; a device has a prediction or a process alarm that is active, never both."""
        for record in self.bench.engine.records():
            told = self.told.get(record.key)
            assert record == (told.record if told is not None else record)
            assert told is not None or record.occurrence == 0
        active = [r.definition for r in self.bench.engine.records() if r.state.is_active]
        in_alarm = {d.device for d in active if d.kind in {AlarmKind.LIMIT, AlarmKind.RULE}}
        assert not in_alarm & {d.device for d in active if d.predicted}


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_that_no_walk_makes_a_step_that_the_states_do_not_know(walked: list[tuple[object, ...]]) -> None:
    walk = Walk()

    for step in walked:
        walk.step(step)
        walk.check()
