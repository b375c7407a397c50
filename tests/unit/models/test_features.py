"""The features: the same for training and for the tick."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.bundle import Bundle
from models.features import FeatureFrame, FeatureState, feature_names
from models.layout import Layout
from models.recording import Recording
from models.smoothing import Smoother
from tests.unit.models.recordings_made import recording, stopped_between

pytestmark = pytest.mark.slow

NAMES = feature_names()


def last_frame(made: Recording, bundle: Bundle, every: int = 1) -> FeatureFrame:
    law = replace(bundle.expectation, coefficient=without_hall(bundle.expectation.coefficient))
    state = FeatureState(made.layout, law)
    for row in range(every - 1, len(made.time_s), every):
        frame = state.update(
            made.values[row].astype(np.float64), made.status[row], made.running[row], float(made.time_s[row])
        )
    return frame


def without_hall(coefficient: NDArray[np.float64]) -> NDArray[np.float64]:
    own = coefficient.copy()
    own[..., -1] = 0.0
    return own


def column(frame: FeatureFrame, name: str) -> NDArray[np.float32]:
    return frame.matrix[:, NAMES.index(name)]


def of_one_device(made: Recording, device: int) -> Recording:
    plan = made.layout
    tags = plan.tag_device_index == device
    kept = np.flatnonzero(tags)
    alone = Layout(
        devices=plan.devices[device : device + 1],
        families=plan.families[device : device + 1],
        tag_device_index=np.zeros(len(kept), dtype=np.int32),
        tag_group=tuple(plan.tag_group[i] for i in kept),
        tag_name=tuple(plan.tag_name[i] for i in kept),
        tag_unit=tuple(plan.tag_unit[i] for i in kept),
        normal_low=plan.normal_low[kept],
        normal_high=plan.normal_high[kept],
    )
    part = slice(device, device + 1)
    return Recording(
        name=made.name,
        layout=alone,
        time_s=made.time_s,
        values=made.values[:, kept],
        status=made.status[:, kept],
        running=made.running[:, part],
        fault=made.fault[:, part],
        failed=made.failed[:, part],
        fault_names=made.fault_names,
        seed=made.seed,
    )


@pytest.mark.parametrize("device", [0, 5, 9])
def test_that_a_device_has_the_same_features_in_a_batch_as_alone(bundle: Bundle, device: int) -> None:
    made = recording(4, wears=True, rows=300)
    together = last_frame(made, bundle).matrix[device]
    alone = last_frame(of_one_device(made, device), bundle).matrix[0]

    assert alone == pytest.approx(together, abs=1e-5, nan_ok=True)  # the hall, known among many, is left out


def test_that_a_machine_at_rest_is_not_ready_and_has_no_features(bundle: Bundle) -> None:
    made = stopped_between(recording(4, rows=300), 2, 200, 300)
    frame = last_frame(made, bundle)

    assert not frame.ready[2]
    assert frame.ready[3]
    assert np.isnan(column(frame, "temperature.fast")[2])


def test_that_a_machine_is_judged_again_a_minute_after_its_start(bundle: Bundle) -> None:
    made = recording(4, rows=300)
    assert not last_frame(stopped_between(made, 2, 200, 295), bundle).ready[2]
    assert last_frame(stopped_between(made, 2, 200, 280), bundle).ready[2]


def test_that_what_was_before_a_stop_is_forgotten(bundle: Bundle) -> None:
    made = stopped_between(recording(4, rows=300), 2, 200, 240)
    shaken = stopped_between(recording(4, rows=300), 2, 200, 240)
    shaken.values[:200, 15] += 5.0  # vibration of the third machine, before its stop

    calm, after = (column(last_frame(each, bundle), "vibration.slow")[2] for each in (made, shaken))
    assert after == pytest.approx(calm)


def test_that_a_reading_of_bad_quality_is_unknown(bundle: Bundle) -> None:
    made = recording(4, rows=300)
    made.status[299, 0] = 0x80310000  # BadNoCommunication
    frame = last_frame(made, bundle)

    assert np.isnan(column(frame, "temperature.mid")[0])
    assert np.isfinite(column(frame, "temperature.mid")[1])
    assert np.isfinite(column(frame, "vibration.mid")[0])


def test_that_infinity_does_not_stay_in_the_features(bundle: Bundle) -> None:
    made = recording(4, rows=300)
    made.values[150, :] = np.inf

    assert np.isfinite(column(last_frame(made, bundle), "temperature.slow")[:8]).all()


def test_that_the_change_is_measured_against_the_devices_own_start(bundle: Bundle) -> None:
    made = recording(4)
    shifted = recording(4)
    shifted.values[:, 1] += 0.5  # a machine that always shook more than others
    late = recording(4)
    late.values[400:, 1] += 0.5

    usual, own, changed = (
        column(last_frame(each, bundle), "vibration.change")[0] for each in (made, shifted, late)
    )
    assert own == pytest.approx(usual, abs=0.05)
    assert changed > usual + 3.0


def test_that_a_machine_at_another_setpoint_than_it_was_learned_at_is_not_judged(bundle: Bundle) -> None:
    made = recording(4)
    made.values[200:, 4] = 1100.0
    frame = last_frame(made, bundle)

    assert not frame.ready[0]
    assert frame.ready[1]


def test_that_a_machine_back_at_its_setpoint_is_judged_after_five_minutes_as_before(bundle: Bundle) -> None:
    made = recording(4)
    made.values[300:500, 4] = 1100.0  # back at row 500: 10 minutes before the end
    steady = column(last_frame(recording(4), bundle), "vibration.change")[0]
    back = last_frame(made, bundle)
    made.values[300:560, 4] = 1100.0  # 4 minutes before

    assert back.ready[0]
    assert column(back, "vibration.change")[0] == pytest.approx(steady, abs=0.1)
    assert not last_frame(made, bundle).ready[0]


@pytest.mark.parametrize("step_s", [0.5, 5.0])
def test_that_smoothing_depends_on_time_and_not_on_the_number_of_ticks(step_s: float) -> None:
    coarse, fine = Smoother((1,), (60.0,)), Smoother((1,), (60.0,))
    for _ in range(10):
        coarse.update(np.array([1.0]), 10.0)
    for _ in range(round(100.0 / step_s)):
        fine.update(np.array([1.0]), step_s)
    after_coarse = coarse.update(np.array([0.0]), 10.0)[0, 0]
    for _ in range(round(10.0 / step_s)):
        after_fine = fine.update(np.array([0.0]), step_s)[0, 0]

    assert after_fine == pytest.approx(after_coarse, rel=1e-9)
