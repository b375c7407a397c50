"""The trainer's nodes: faults, scenarios, the speed of time, chaos and the ground truth, under `Simulation`."""

from collections.abc import Mapping, Sequence
from typing import Final

from asyncua import ua

_ID = ua.ObjectIds
_Argument = tuple[str, int, str] | tuple[str, int, str, bool]
_Method = tuple[str, str, Sequence[_Argument], Sequence[_Argument]]


def _array(name: str, kind: int, description: str) -> _Argument:
    return (name, kind, description, True)


# method path -> (parent path, description, inputs, outputs)
SIMULATION_METHODS: Final[Mapping[str, _Method]] = {
    "Simulation/InjectFault": (
        "Simulation",
        "Make a device develop a fault, or take a utility away from all",
        (
            ("Device", _ID.String, "Device tag; Utilities for what all machines share"),
            (
                "Fault",
                _ID.String,
                "Name of the fault; sensor_drift/Vibration names the tag of a sensor fault",
            ),
            ("Severity", _ID.Double, "0 to 1"),
            ("Onset_s", _ID.Double, "Seconds from now"),
            ("Life_s", _ID.Double, "Seconds from onset to failure or end; 0 takes the fault's own"),
        ),
        (),
    ),
    "Simulation/ClearFaults": (
        "Simulation",
        "Remove injected faults",
        (("Device", _ID.String, "Device tag, or Utilities; empty: all"),),
        (),
    ),
    "Simulation/ListFaults": (
        "Simulation",
        "The faults that a device can develop",
        (("Device", _ID.String, "Device tag, or Utilities"),),
        (
            _array("Names", _ID.String, "Names for InjectFault"),
            _array("Descriptions", _ID.String, "In words"),
        ),
    ),
    "Simulation/ListScenarios": (
        "Simulation",
        "The scenarios that can be run, and which do",
        (),
        (
            _array("Names", _ID.String, "Names for RunScenario"),
            _array("Titles", _ID.String, "What each is called"),
            _array("Descriptions", _ID.String, "What happens in it; or why it cannot be run"),
            _array("States", _ID.String, "running, over (its faults remain until it is stopped), or empty"),
        ),
    ),
    "Simulation/RunScenario": (
        "Simulation",
        "Begin a scenario now",
        (("Name", _ID.String, "One of ListScenarios"),),
        (),
    ),
    "Simulation/StopScenario": (
        "Simulation",
        "End a scenario and take away the faults that it brought; setpoints stay as they are",
        (("Name", _ID.String, "One that runs; empty: all"),),
        (_array("Stopped", _ID.String, "Names of those that were stopped"),),
    ),
    "Simulation/SetSpeed": (
        "Simulation",
        "Set how fast simulated time goes; at another speed than 1 a drill is on",
        (("Speed", _ID.Double, "Simulated seconds a second, 0.1 to 1000"),),
        (),
    ),
    "Simulation/SetChaos": (
        "Simulation",
        "Drop clients' sessions at random, to try how they bear it; sessions for the e-stop are never dropped",
        (("MeanInterval_s", _ID.Double, "Mean time between two drops, 1 to 86400; 0 ends it"),),
        (),
    ),
    "Simulation/GroundTruth": (
        "Simulation",
        "What is truly wrong: for the trainer, not for detectors",
        (("Past", _ID.Boolean, "Also the last 2000 faults that were repaired or are over"),),
        (
            _array("Devices", _ID.String, "Device tag, or Utilities"),
            _array("Faults", _ID.String, "Name of the fault"),
            _array("Tags", _ID.String, "The tag of a sensor fault; empty for others"),
            _array("Severities", _ID.Double, "0 to 1"),
            _array("Onset_s", _ID.Double, "When it began or will begin, in plant time"),
            _array("Damages", _ID.Double, "0 to 1; failure at 1"),
            _array("Failed_s", _ID.Double, "When it ended in failure, in plant time; NaN: it has not"),
            _array("Rul_h", _ID.Double, "Running hours left to failure; NaN: none comes"),
            _array("Ended_s", _ID.Double, "When it was taken away, in plant time; NaN: it is there"),
        ),
    ),
}

# variable path -> (kind, display, description)
SIMULATION_VARIABLES: Final[Mapping[str, tuple[ua.VariantType, str, str]]] = {
    "Simulation/PlantTime": (ua.VariantType.Double, "Plant time", "Simulated seconds since start"),
    "Simulation/Speed": (ua.VariantType.Double, "Speed", "Simulated seconds a second; 1 is real time"),
    "Simulation/AchievedSpeed": (
        ua.VariantType.Double,
        "Achieved speed",
        "Simulated seconds a second as measured: below the speed that was set where the machine is too slow for it",
    ),
    "Simulation/ChaosInterval": (
        ua.VariantType.Double,
        "Chaos",
        "Mean seconds between sessions that are dropped on purpose; 0 is off",
    ),
}
