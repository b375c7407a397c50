"""What belongs to no single device: latch and heartbeat, commands, prediction, simulation, journal, diagnostics."""

from collections.abc import Mapping, Sequence

from asyncua import ua

from opcua_server.model.bulk import FOLDER, HAS_COMPONENT, ORGANIZES, NodeFactory, Text
from opcua_server.model.instances import argument
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.simulation import SIMULATION_METHODS, SIMULATION_VARIABLES
from opcua_server.model.tags import add_analog, add_two_state, waiting
from opcua_server.model.what_if import WHAT_IF, WHAT_IF_INPUTS, WHAT_IF_OUTPUTS

_ID = ua.ObjectIds
_Argument = tuple[str, int, str] | tuple[str, int, str, bool]
ARRAY_ENTRY = 4  # length of an argument's entry that is an array

# object path -> what it is
_OBJECTS = {
    "Commands": "The one door for commands with an id, so that a retry cannot act twice",
    "Simulation": "Simulated time and injected faults",
    "Alarms": "The journal of alarms, commands and events",
    "Energy": "What the plant draws, wastes and generates, and what a kilowatt hour costs",
    "Diagnostics": "How the server itself is doing",
}

# method path -> (parent path, description, inputs, outputs)
METHODS: dict[str, tuple[str, str, Sequence[_Argument], Sequence[_Argument]]] = {
    "Plant/EmergencyStopAll": (
        "Plant",
        "Bring every device to its safe state at once and latch the plant (software stop, not a safety function)",
        (),
        (
            ("Stopped", _ID.String, "Devices stopped", True),
            ("NotControllable", _ID.String, "Devices that take no commands", True),
        ),
    ),
    "Plant/ResetEmergencyStopAll": (
        "Plant",
        "Clear the plant's latch; device latches stay, nothing starts",
        (),
        (),
    ),
    "Plant/Predict": (
        "Plant",
        "Judge one sample of component production",
        (
            ("Temperature_C", _ID.Double, "Temperature in °C"),
            ("Humidity_%", _ID.Double, "Relative humidity in %"),
            ("Sound_Volume_dB", _ID.Double, "Sound volume in dB"),
            ("Vibration_mm_s", _ID.Double, "Vibration in mm/s"),
        ),
        (
            ("Anomaly_Score", _ID.Double, "Negative means anomalous"),
            ("Is_Anomaly", _ID.Int32, "1 when anomalous, else 0"),
            ("Reason", _ID.String, "Why, in plain words"),
        ),
    ),
    "Plant/PredictJson": (
        "Plant",
        "The same for a JSON text with the four fields",
        (("Sample", _ID.String, '{"Temperature_C": 72.5, "Humidity_%": 40, ...}'),),
        (("Result", _ID.String, '{"Anomaly_Score": ..., "Is_Anomaly": ..., "Reason": ...}'),),
    ),
    "Plant/WhatIf": ("Plant", WHAT_IF, WHAT_IF_INPUTS, WHAT_IF_OUTPUTS),
    "Plant/LatestReadings": (
        "Plant",
        "The newest readings of a device, oldest first",
        (
            ("Device", _ID.String, "Device tag, PROC-001"),
            ("Count", _ID.UInt32, "How many, 1 to 600; 0 means 10"),
        ),
        (
            ("Timestamp", _ID.DateTime, "When", True),
            ("Temperature", _ID.Double, "NaN where the device has none", True),
            ("Vibration", _ID.Double, "NaN where the device has none", True),
            ("Pressure", _ID.Double, "NaN where the device has none", True),
        ),
    ),
    "Commands/Execute": (
        "Commands",
        "Do one thing at most once, within its validity",
        (
            ("CommandId", _ID.Guid, "Chosen by the client; a repeated id gets the first result"),
            ("Target", _ID.NodeId, "A setpoint, a limit, or a method of a device"),
            ("Value", _ID.BaseDataType, "New value; null for methods"),
            ("ExpectedSequence", _ID.UInt32, "CommandSequence of the device as last seen; 0 does not check"),
            ("ValidUntil", _ID.UtcTime, "Not done after this, in server time"),
        ),
        (
            ("Outcome", _ID.String, "What was done"),
            ("Sequence", _ID.UInt32, "The device's new CommandSequence"),
        ),
    ),
    "Commands/Explain": (
        "Commands",
        "Put into the journal why a command is about to come, although something speaks against it",
        (
            ("CommandId", _ID.Guid, "The id that Execute will be given"),
            ("Target", _ID.NodeId, "What the command is aimed at"),
            ("Reason", _ID.String, "1 to 500 characters"),
        ),
        (),
    ),
    **SIMULATION_METHODS,
    "Alarms/QueryJournal": (
        "Alarms",
        "Read the journal, a page at a time",
        (
            ("From", _ID.UtcTime, "Earliest"),
            ("To", _ID.UtcTime, "Latest"),
            ("AfterSeq", _ID.Int64, "Rows after this sequence number; 0 for the first page"),
            ("Limit", _ID.UInt32, "Rows a page, 1 to 5000; 0 means 1000"),
        ),
        (
            ("Rows", _ID.String, "One JSON object a row", True),
            ("LastSeq", _ID.Int64, "Give it as AfterSeq for the next page"),
            ("More", _ID.Boolean, "Whether there is a next page"),
        ),
    ),
    "Alarms/ExportJournal": (
        "Alarms",
        "The same as ready text: the bytes of `andon journal export`",
        (
            ("From", _ID.UtcTime, "Earliest"),
            ("To", _ID.UtcTime, "Latest"),
            ("Format", _ID.String, "csv or jsonl"),
            ("AfterSeq", _ID.Int64, "Rows after this sequence number; 0 for the first page"),
            ("Limit", _ID.UInt32, "Rows a page, 1 to 5000; 0 means 1000"),
        ),
        (
            ("Text", _ID.String, "The rows, without header"),
            ("LastSeq", _ID.Int64, "Give it as AfterSeq for the next page"),
            ("More", _ID.Boolean, "Whether there is a next page"),
            ("Header", _ID.String, "What stands before the first row"),
        ),
    ),
}

# variable path -> (kind, display, description)
VARIABLES: dict[str, tuple[ua.VariantType, str, str]] = {
    "Plant/Heartbeat": (
        ua.VariantType.UInt32,
        "Heartbeat",
        "Counts at 5 Hz while the server's loop is alive",
    ),
    **SIMULATION_VARIABLES,
    "Energy/Metered": (ua.VariantType.UInt32, "Metered machines", "Machines whose power is known now"),
    "Diagnostics/Sessions": (ua.VariantType.UInt32, "Sessions", "Clients with a session"),
    "Diagnostics/Subscriptions": (ua.VariantType.UInt32, "Subscriptions", "Subscriptions of all sessions"),
    "Diagnostics/MonitoredItems": (ua.VariantType.UInt32, "Monitored items", "Items of all subscriptions"),
    "Diagnostics/TickOverruns": (
        ua.VariantType.UInt32,
        "Tick overruns",
        "Ticks that began late by over half a tick",
    ),
    "Diagnostics/JournalQueue": (ua.VariantType.UInt32, "Journal queue", "Entries waiting to be written"),
    "Diagnostics/JournalState": (ua.VariantType.String, "Journal", "Whether the journal can be written"),
    "Diagnostics/WorkerState": (ua.VariantType.String, "Scoring worker", "Whether the detectors run"),
    "Diagnostics/ModelBundle": (
        ua.VariantType.String,
        "Model bundle",
        "Name and hash of the detectors in use",
    ),
    "Diagnostics/ServerVersion": (ua.VariantType.String, "Version", "Version of the server"),
    "Diagnostics/PlantFile": (ua.VariantType.String, "Plant file", "The plant definition in use"),
    "Diagnostics/Nodes": (ua.VariantType.UInt32, "Nodes", "Nodes in the address space"),
    "Diagnostics/StartedAt": (ua.VariantType.DateTime, "Started", "When the server started"),
}

# variable path -> (unit, end of scale, decimals, display, description)
METERS: dict[str, tuple[str, float, int, str, str]] = {
    "Energy/PowerDrawn": ("kW", 5000.0, 1, "Power drawn", "Electrical power of all machines that draw power"),
    "Energy/PowerIdle": (
        "kW",
        5000.0,
        1,
        "Idle power",
        "Mean power over the last half hour that machines drew in pauses of over five minutes",
    ),
    "Energy/PowerGenerated": ("kW", 5000.0, 1, "Power generated", "Electrical power of all generators"),
    "Energy/Price": ("EUR", 10.0, 3, "Price of energy", "What a kilowatt hour drawn costs"),
    "Diagnostics/PublishLag": (
        "ms",
        1000.0,
        1,
        "Publish lag",
        "From a tick's due time to its values published",
    ),
    "Diagnostics/StepTime": (
        "ms",
        100.0,
        2,
        "Step time",
        "Computing for one physics step, mean of the last ticks",
    ),
    "Diagnostics/Memory": ("MB", 2000.0, 0, "Memory", "Resident memory of the server"),
}


def build_plantwide(factory: NodeFactory, ns: Namespaces) -> Mapping[str, ua.NodeId]:
    """Create everything in this module's tables; returns variables and methods by path."""
    made: dict[str, ua.NodeId] = {}
    plant = ns.node("Plant")
    for path, description in _OBJECTS.items():
        factory.add_object(
            ns.node(path),
            Text(name=ns.name(path), description=description),
            parent=plant,
            reference=HAS_COMPONENT if path == "Commands" else ORGANIZES,
            type_definition=FOLDER,
        )
    latch = ns.node("Plant/EmergencyStopLatched")
    text = Text(
        name=ns.name("EmergencyStopLatched"),
        display="Plant e-stop latch",
        description="Latched by EmergencyStopAll; while it is, no device starts",
    )
    made["Plant/EmergencyStopLatched"] = add_two_state(
        factory, latch, text, true="Latched", false="Clear", parent=plant
    )
    for path, (kind, display, description) in VARIABLES.items():
        parent, name = path.split("/")
        text = Text(name=ns.name(name), display=display, description=description)
        made[path] = factory.variable(ns.node(path), text, waiting(kind), parent=ns.node(parent))
    for path, (unit, high, digits, display, description) in METERS.items():
        parent, name = path.split("/")
        text = Text(name=ns.name(name), display=display, description=description)
        made[path] = add_analog(factory, ns.node(path), text, unit, high, digits, parent=ns.node(parent))
    for path, (parent, description, inputs, outputs) in METHODS.items():
        text = Text(name=ns.name(path.split("/")[1]), description=description)
        made[path] = factory.method(
            ns.node(path),
            text,
            parent=ns.node(parent),
            inputs=_arguments(inputs),
            outputs=_arguments(outputs),
        )
    return made


def _arguments(entries: Sequence[_Argument]) -> list[ua.Argument]:
    return [argument(entry[0], entry[1], entry[2], array=len(entry) == ARRAY_ENTRY) for entry in entries]
