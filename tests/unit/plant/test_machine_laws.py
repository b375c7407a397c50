"""The laws of the motor-driven machines against figures worked out by hand or printed elsewhere."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from plant.definition import Family
from plant.degradation import abrasion, bearing, crack, fouling, insulation, leak, tool
from plant.degradation.catalogue import LAWS
from plant.degradation.law import DegradationLaw
from plant.families.drill import mean_depth
from plant.laws import belt, cutting, joint, motor, press_circuit, vibration
from tests.unit.plant.small import run, small_engine, value


def one(number: float) -> NDArray[np.float64]:
    return np.array([number])


def test_that_the_cutting_power_is_that_of_the_makers_example() -> None:
    # Mitsubishi Materials: 3 mm x 0.2 mm at 120 m/min in steel of 3,100 N/mm2 takes 3.72 kW (4.65 kW at 80 % efficiency)
    removal_cm3_min = one(3.0 * 0.2 * 120.0)

    power = cutting.cutting_power_kw(one(3100.0), removal_cm3_min)

    assert power[0] == pytest.approx(4.65 * 0.8, rel=1e-3)


def test_that_torque_times_angular_speed_is_power() -> None:
    torque = cutting.torque_nm(one(11.0), one(8000.0))
    assert torque[0] * 8000.0 * 2.0 * math.pi / 60.0 == pytest.approx(11000.0, rel=1e-3)
    assert cutting.torque_nm(one(0.0), one(0.0))[0] == 0.0


def test_that_chatter_begins_at_the_limit_and_is_full_a_tenth_above() -> None:
    loads = np.array([0.5, 0.7, 0.75, 0.8, 1.0])

    share = cutting.chatter_share(loads, np.full(5, 0.7))

    assert share.tolist() == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])
    added = cutting.chatter_square(one(0.6), one(1.0))
    assert math.sqrt(1.0 + added[0] / (0.7 + 0.5 * 0.6) ** 2) == pytest.approx(5.0)


def test_that_bearing_life_is_that_of_the_standard() -> None:
    assert bearing.rating_life_h(10.0, 1000.0) == pytest.approx(1e6 / 60000.0 * 1000.0)
    assert bearing.rating_life_h(10.0, 1000.0, bearing.ROLLER) > bearing.rating_life_h(10.0, 1000.0)
    assert pytest.approx(4.48, abs=0.01) == bearing.ETA_PER_L10
    # 10 % have failed by L10
    share = 1.0 - math.exp(-((1.0 / bearing.ETA_PER_L10) ** bearing.BEARING.weibull_shape))
    assert share == pytest.approx(0.1, abs=1e-4)


def test_that_stress_is_one_at_nominal_work() -> None:
    nominal = one(1.0)
    assert bearing.bearing_stress(nominal, one(0.62), 0.62)[0] == pytest.approx(1.0)
    assert tool.tool_stress(nominal, one(0.62), 0.62)[0] == pytest.approx(1.0)
    assert abrasion.sliding_stress(nominal, nominal)[0] == 1.0
    assert abrasion.gear_stress(nominal, nominal)[0] == 1.0
    assert leak.seal_stress(1.0, one(42.0), 42.0)[0] == 1.0
    assert insulation.insulation_stress(one(120.0), 120.0)[0] == 1.0
    assert crack.cycle_stress(nominal, nominal)[0] == 1.0


def test_that_stress_follows_the_exponents_of_the_laws() -> None:
    assert tool.tool_stress(one(1.2), one(0.62), 0.62)[0] == pytest.approx(1.2**4)
    assert insulation.insulation_stress(one(130.0), 120.0)[0] == pytest.approx(2.0)
    assert leak.seal_stress(2.0, one(52.0), 42.0)[0] == pytest.approx(4.0)
    assert abrasion.gear_stress(one(2.0), one(1.5))[0] == pytest.approx(2.0 * 1.5**3)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_that_damage_runs_from_nothing_to_failure_and_never_back(law: DegradationLaw) -> None:
    damage = law.shape(np.linspace(0.0, 1.0, 2001))

    assert damage[0] == pytest.approx(0.0, abs=1e-9)
    assert damage[-1] == pytest.approx(1.0)
    assert np.all(np.diff(damage) >= 0.0)


def test_that_flank_wear_runs_in_is_steady_and_rushes_at_the_end() -> None:
    rate = np.diff(tool.flank_wear_share(np.linspace(0.0, 1.0, 101)))
    assert rate[0] > 2.0 * rate[50]
    assert rate[-1] > 2.0 * rate[50]


def test_that_a_crack_grows_as_paris_integrates() -> None:
    # da/dN = C (dK)^3 with dK ~ sqrt(a): step through the cycles and compare with the closed form
    a, cycles = 0.5, 200000
    per_cycle = 2.0 * (1.0 / math.sqrt(0.5) - 1.0 / math.sqrt(10.0)) / cycles
    for _ in range(cycles // 2):
        a += per_cycle * a**1.5
    assert crack.crack_share(one(0.5))[0] == pytest.approx((a - 0.5) / 9.5, rel=1e-3)


def test_that_fouling_slows_down() -> None:
    rate = np.diff(fouling.fouling_share(np.linspace(0.0, 1.0, 11)))
    assert np.all(np.diff(rate) < 0.0)


def test_that_an_old_insulation_resistance_falls_with_warmth_and_damage() -> None:
    new = insulation.insulation_mohm(1000.0, one(40.0), one(0.0))[0]
    assert new == pytest.approx(1000.0)
    assert insulation.insulation_mohm(1000.0, one(50.0), one(0.0))[0] == pytest.approx(500.0)
    assert insulation.insulation_mohm(1000.0, one(40.0), one(0.5))[0] == pytest.approx(250.0)


def test_that_copper_loss_is_quoted_at_eighty_degrees_and_grows_with_warmth() -> None:
    assert motor.copper_loss(one(1.0), one(80.0))[0] == pytest.approx(motor.COPPER_LOSS)
    assert motor.copper_loss(one(1.0), one(120.0))[0] > motor.copper_loss(one(1.0), one(80.0))[0]
    assert motor.copper_loss(one(0.5), one(80.0))[0] == pytest.approx(motor.COPPER_LOSS / 4.0)


def test_that_slip_and_its_loss_grow_as_voltage_falls() -> None:
    assert motor.slip(one(1.0), 0.9)[0] == pytest.approx(motor.RATED_SLIP / 0.81)
    assert motor.slip_loss(one(1.0), 1.0)[0] == 0.0
    assert motor.slip_loss(one(1.0), 0.9)[0] == pytest.approx(motor.RATED_SLIP * (1.0 / 0.81 - 1.0))


def test_that_inrush_decays() -> None:
    factor = motor.inrush_factor(np.array([0.0, 1.5, 15.0]), np.full(3, 6.0))
    assert factor.tolist() == pytest.approx([6.0, 1.0 + 5.0 / math.e, 1.0], rel=1e-3)


def test_that_kurtosis_rises_early_and_falls_back() -> None:
    levels = vibration.kurtosis(np.array([0.0, 0.4, 1.0]))
    assert levels[0] == 3.0
    assert 8.0 < levels[1] < 15.0
    assert 4.0 < levels[2] < 5.0
    assert vibration.kurtosis(one(0.0), one(1.0))[0] == 1.5  # a pure tone


def test_that_a_rotor_of_grade_6_3_shakes_with_its_grade() -> None:
    omega = 2.0 * math.pi * 25.0
    shaken = vibration.unbalance_mm_s(6.3e3 / omega, omega, 1.0)
    assert float(shaken) * math.sqrt(2.0) == pytest.approx(6.3)


def test_that_the_bearing_tones_of_a_6205_are_those_of_its_data_sheet() -> None:
    outer, inner = vibration.bearing_tones_hz(1.0, 9, 7.94, 39.04, 0.0)
    assert outer == pytest.approx(3.585, abs=0.01)
    assert inner == pytest.approx(5.415, abs=0.01)


def test_that_grease_rubs_a_third_less_when_warm() -> None:
    assert joint.warm_friction(np.array([0.0, 20.0, 32.5, 45.0, 80.0])).tolist() == pytest.approx(
        [1.0, 1.0, 0.85, 0.7, 0.7]
    )


def test_that_ten_times_the_play_is_ten_times_the_error() -> None:
    new, worn = joint.backlash_error_mm(np.array([0.5, 5.0]), 700.0)
    assert worn == pytest.approx(10.0 * new)
    assert worn == pytest.approx(700.0 * math.tan(math.radians(5.0 / 60.0)) / 2.0, rel=1e-6)


def test_that_a_tight_pump_holds_the_pressure_and_a_leaking_one_does_not() -> None:
    tight = press_circuit.pump_leak(one(0.0)) + press_circuit.system_leak(one(0.0))
    leaking = press_circuit.pump_leak(one(0.0)) + press_circuit.system_leak(one(1.0))

    assert press_circuit.held_pressure(one(1.0), one(1.0), one(0.9), tight)[0] == 1.0
    assert press_circuit.held_pressure(one(1.0), one(1.0), one(0.9), leaking)[0] < 0.8
    assert press_circuit.cycle_s(one(1.0), tight, one(1.0), 2.3)[0] == pytest.approx(2.3)
    assert press_circuit.cycle_s(one(1.0), leaking, one(1.0), 2.3)[0] > 3.0


def test_that_a_lost_gas_charge_lets_pressure_swing_forty_times_as_far() -> None:
    charged, lost = press_circuit.ripple_share(np.array([0.0, 1.0]))
    assert lost == pytest.approx(40.0 * charged)


def test_that_the_belt_pulls_as_the_standard_says() -> None:
    pull = belt.primary_resistance_n(0.025, one(30.0), one(12.0), one(15.0), one(60.0))
    assert pull[0] == pytest.approx(0.025 * 30.0 * 9.80665 * (24.0 + 15.0 + 60.0))
    assert belt.gradient_resistance_n(one(60.0), one(1.8))[0] == pytest.approx(60.0 * 1.8 * 9.80665)


def test_that_a_belt_creeps_within_its_grip_and_slips_beyond_it() -> None:
    grip = belt.grip_n(one(1000.0), one(0.35), 3.5)
    assert grip[0] == pytest.approx(1000.0 * (math.exp(0.35 * 3.5) - 1.0))
    creeping = belt.slip_share(0.9 * grip, grip, one(0.6))
    slipping = belt.slip_share(1.5 * grip, grip, one(0.6))
    assert creeping[0] == pytest.approx(0.008)
    assert slipping[0] == pytest.approx(0.158)
    assert belt.slip_share(9.0 * grip, grip, one(0.6))[0] == pytest.approx(0.308)


def test_that_sounds_add_as_powers() -> None:
    both = belt.sound_db(belt.sound_power(one(60.0)), one(1.0), float(belt.sound_power(60.0)))
    assert both[0] == pytest.approx(60.0 + 10.0 * math.log10(2.0))


@pytest.mark.parametrize("dt_s", [0.1, 1.0, 7.0, 10.0, 28.0])
def test_that_the_mean_depth_of_a_hole_does_not_depend_on_the_step(dt_s: float) -> None:
    count = round(28.0 / dt_s)
    mean = np.mean([mean_depth(dt_s * (k + 1), dt_s, np.array([0.3]))[0] for k in range(count)])
    fine = np.mean(
        [mean_depth(0.01 * (k + 1), 0.01, np.array([0.3]))[0] for k in range(round(count * dt_s / 0.01))]
    )
    assert mean == pytest.approx(fine, abs=1e-6)


def test_that_a_broken_bit_runs_without_load() -> None:
    engine = small_engine(Family.DRILL)
    engine.inject("DRILL-001", "bit_breakage", life_s=600.0, severity=0.99)
    run(engine, 200.0)
    whole = value(engine, "DRILL-001", "SpindleTorque")

    run(engine, 2400.0, 5.0)

    assert value(engine, "DRILL-001", "SpindleTorque") < 2.0
    assert whole > value(engine, "DRILL-001", "SpindleTorque")


@pytest.mark.slow
def test_that_the_same_seed_gives_the_same_bytes_with_every_mode_at_work() -> None:
    def course(seed: int) -> bytes:
        engine = small_engine(
            Family.CNC, Family.ROBOT_ARM, Family.PRESS, Family.DRILL, Family.CONVEYOR, seed=seed
        )
        for device in engine.definition.devices:
            for mode in engine.faults(device.family):
                if mode.law is not None:
                    engine.inject(device.tag, mode.name, life_s=900.0)
        rows = []
        for _ in range(120):
            engine.step(5.0)
            rows.append(engine.values.tobytes() + engine.status.tobytes())
        return b"".join(rows)

    first = course(3)
    assert course(3) == first
    assert course(4) != first
