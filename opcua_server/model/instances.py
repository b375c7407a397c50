"""The plant as nodes: areas, lines, devices, tags, health, methods."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asyncua import ua

from opcua_server.model import companions
from opcua_server.model.bulk import HAS_ADDIN, HAS_COMPONENT, HAS_NOTIFIER, ORGANIZES, NodeFactory, Text
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.tags import HEALTH_GRADES, add_analog, add_multi_state, add_tag, add_two_state
from opcua_server.model.types import COMMAND_METHODS, FAMILY_TYPES
from plant.definition import DeviceDefinition, Family, PlantDefinition

_PLAYBACK_METHODS = {
    "Play": ("Go on playing the recording", ()),
    "Pause": ("Hold the recording at its row", ()),
    "SetSpeed": (
        "Set the speed of playback",
        (("Speed", ua.ObjectIds.Double, "0.1 to 100 times recorded speed"),),
    ),
}


# name -> (unit, end of scale, decimals, display, description)
HEALTH_TAGS = {
    "FailureProbability": (
        "percent",
        100.0,
        0,
        "Failure probability",
        "How likely a known fault is at work here",
    ),
    "IdlePower": ("kW", 100.0, 2, "Idle power", "Mean power drawn while idle"),
    "IdleCost": ("EUR", 1000.0, 2, "Idle cost per day", "What the idle power costs in a day"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantNodes:
    """Where things are in the address space."""

    tags: Mapping[tuple[str, str, str], ua.NodeId]  # (device, group, name) -> variable
    devices: Mapping[str, ua.NodeId]
    notifiers: Mapping[str, tuple[ua.NodeId, ...]]  # device -> device, line, area, plant, Server
    alarm_folders: Mapping[str, ua.NodeId]
    threshold_folders: Mapping[str, ua.NodeId]


@dataclass(slots=True)
class _Places:
    """The areas and lines made so far."""

    areas: dict[str, ua.NodeId] = field(default_factory=dict)
    lines: dict[tuple[str, str], ua.NodeId] = field(default_factory=dict)


class InstanceBuilder:
    """Builds the instances of one plant."""

    def __init__(self, factory: NodeFactory, ns: Namespaces, plant: PlantDefinition) -> None:
        self._factory = factory
        self._ns = ns
        self._plant = plant
        self._places = _Places()
        self._tags: dict[tuple[str, str, str], ua.NodeId] = {}
        self._devices: dict[str, ua.NodeId] = {}
        self._notifiers: dict[str, tuple[ua.NodeId, ...]] = {}
        self._alarm_folders: dict[str, ua.NodeId] = {}
        self._threshold_folders: dict[str, ua.NodeId] = {}

    def build(self) -> PlantNodes:
        """Create the whole plant below `Objects`."""
        server = ua.NodeId(ua.ObjectIds.Server)
        root = self._factory.add_object(
            self._ns.node("Plant"),
            Text(
                name=self._ns.name("Plant"),
                display=self._plant.name,
                description="The plant: its areas and devices",
            ),
            parent=ua.NodeId(ua.ObjectIds.ObjectsFolder),
            reference=ORGANIZES,
            notifier=True,
        )
        self._factory.refer(server, HAS_NOTIFIER, root)
        for device in self._plant.devices:
            self._add_device(device, root)
        return PlantNodes(
            tags=self._tags,
            devices=self._devices,
            notifiers=self._notifiers,
            alarm_folders=self._alarm_folders,
            threshold_folders=self._threshold_folders,
        )

    def _area(self, name: str, root: ua.NodeId) -> ua.NodeId:
        if name not in self._places.areas:
            self._places.areas[name] = self._place(f"Area/{name}", name, root)
        return self._places.areas[name]

    def _line(self, area: str, name: str, root: ua.NodeId) -> ua.NodeId:
        key = (area, name)
        if key not in self._places.lines:
            self._places.lines[key] = self._place(f"Line/{area}/{name}", name, self._area(area, root))
        return self._places.lines[key]

    def _place(self, path: str, name: str, parent: ua.NodeId) -> ua.NodeId:
        node = self._factory.add_object(
            self._ns.node(path),
            Text(name=self._ns.name(name)),
            parent=parent,
            reference=ORGANIZES,
            type_definition=ua.NodeId(ua.ObjectIds.FolderType),
            notifier=True,
        )
        self._factory.refer(parent, HAS_NOTIFIER, node)
        return node

    def _add_device(self, device: DeviceDefinition, root: ua.NodeId) -> None:
        line = self._line(device.area, device.line, root)
        number, _ = FAMILY_TYPES[device.family]
        node = self._factory.add_object(
            self._ns.node(device.tag),
            Text(name=self._ns.name(device.tag), display=device.tag, description=device.display_name),
            parent=line,
            reference=ORGANIZES,
            type_definition=self._ns.type(number),
            notifier=True,
        )
        self._factory.refer(line, HAS_NOTIFIER, node)
        self._factory.refer(companions.machines_folder(self._ns), ORGANIZES, node)
        area = self._places.areas[device.area]
        self._devices[device.tag] = node
        self._notifiers[device.tag] = (node, line, area, root, ua.NodeId(ua.ObjectIds.Server))
        self._add_identification(device, node)
        self._add_tags(device, node)
        self._add_state(device, node)
        self._add_health(device, node)
        self._alarm_folders[device.tag] = self._group(device, "Alarms", node, "Alarms of this device")
        self._threshold_folders[device.tag] = self._group(
            device, "Thresholds", node, "Limits that may be changed"
        )
        if device.family is Family.REPLAY:
            self._add_playback_methods(device)
        else:
            self._add_commands(device, node)

    def _group(
        self,
        device: DeviceDefinition,
        name: str,
        parent: ua.NodeId,
        description: str,
        type_: ua.NodeId | None = None,
    ) -> ua.NodeId:
        node = self._ns.node(f"{device.tag}/{name}")
        return self._factory.add_object(
            node,
            Text(name=self._ns.name(name), description=description),
            parent=parent,
            reference=HAS_COMPONENT,
            type_definition=type_ or companions.functional_group(self._ns),
        )

    def _add_identification(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        path = f"{device.tag}/Identification"
        node = self._factory.add_object(
            self._ns.node(path),
            Text(
                name=ua.QualifiedName("Identification", self._ns.di),
                description="Who made it, and which one it is",
            ),
            parent=parent,
            reference=HAS_ADDIN,
            type_definition=companions.machine_identification(self._ns),
        )
        maker = ua.Variant(ua.LocalizedText(device.manufacturer, "en"), ua.VariantType.LocalizedText)
        model = ua.Variant(ua.LocalizedText(device.model, "en"), ua.VariantType.LocalizedText)
        uri = f"{self._ns.plant_uri}:{device.tag}"
        values = {
            "ProductInstanceUri": ua.Variant(uri, ua.VariantType.String),
            "Manufacturer": maker,
            "Model": model,
            "SerialNumber": ua.Variant(device.serial, ua.VariantType.String),
        }
        for name, value in values.items():
            self._factory.property(self._ns.node(f"{path}/{name}"), name, value, parent=node, ns=self._ns.di)

    def _add_tags(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        groups: dict[str, ua.NodeId] = {}
        for tag in device.tags:
            if tag.group not in groups:
                counters = companions.operation_counters(self._ns) if tag.group == "Counters" else None
                groups[tag.group] = self._group(
                    device, tag.group, parent, _GROUPS.get(tag.group, tag.group), counters
                )
            node = self._ns.node(f"{device.tag}/{tag.group}/{tag.name}")
            add_tag(self._factory, self._ns, node, tag, parent=groups[tag.group], name_ns=self._ns.plant)
            self._tags[device.tag, tag.group, tag.name] = node

    def _add_state(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        group = self._ns.node(f"{device.tag}/State")
        if device.family is not Family.REPLAY:
            latch = self._ns.node(f"{device.tag}/State/EmergencyStopLatched")
            text = Text(
                name=self._ns.name("EmergencyStopLatched"), display="E-stop latch", description=_LATCH
            )
            add_two_state(self._factory, latch, text, true="Latched", false="Clear", parent=group)
            self._tags[device.tag, "State", "EmergencyStopLatched"] = latch
            sequence = self._ns.node(f"{device.tag}/State/CommandSequence")
            text = Text(
                name=self._ns.name("CommandSequence"), display="Command sequence", description=_SEQUENCE
            )
            self._factory.variable(sequence, text, ua.Variant(0, ua.VariantType.UInt32), parent=group)
            self._tags[device.tag, "State", "CommandSequence"] = sequence
        self._add_item_state(device, parent)

    def _add_item_state(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        """Add Machinery's state machine, which a Machinery client reads instead of ours."""
        path = f"{device.tag}/MachineryItemState"
        machine = self._factory.add_object(
            self._ns.node(path),
            Text(
                name=ua.QualifiedName("MachineryItemState", self._ns.machinery),
                description="State by OPC 40001-1",
            ),
            parent=parent,
            reference=HAS_ADDIN,
            type_definition=companions.item_state_type(self._ns),
        )
        current = self._factory.variable(
            self._ns.node(f"{path}/CurrentState"),
            Text(name=ua.QualifiedName("CurrentState", 0)),
            ua.Variant(ua.LocalizedText("NotAvailable", "en"), ua.VariantType.LocalizedText),
            parent=machine,
            type_definition=ua.NodeId(ua.ObjectIds.FiniteStateVariableType),
        )
        state = ua.NodeId(companions.ITEM_STATES["NotAvailable"], self._ns.machinery)
        self._factory.property(
            self._ns.node(f"{path}/CurrentState/Id"),
            "Id",
            ua.Variant(state, ua.VariantType.NodeId),
            parent=current,
        )
        self._tags[device.tag, "MachineryItemState", "CurrentState"] = current
        self._tags[device.tag, "MachineryItemState", "Id"] = self._ns.node(f"{path}/CurrentState/Id")

    def _add_health(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        group = self._group(device, "Health", parent, "What the detectors say of this device")
        analog = HEALTH_TAGS if device.family is not Family.REPLAY else {}
        for name, (unit, high, precision, display, description) in analog.items():
            node = self._ns.node(f"{device.tag}/Health/{name}")
            text = Text(name=self._ns.name(name), display=display, description=description)
            self._tags[device.tag, "Health", name] = add_analog(
                self._factory, node, text, unit, high, precision, parent=group
            )
        grade = self._ns.node(f"{device.tag}/Health/HealthGrade")
        text = Text(
            name=self._ns.name("HealthGrade"), display="Health", description="Verdict of the detectors"
        )
        add_multi_state(self._factory, grade, text, HEALTH_GRADES, parent=group)
        self._tags[device.tag, "Health", "HealthGrade"] = grade
        plain = {
            "AnomalyScore": (
                ua.Variant(0.0, ua.VariantType.Double),
                "Distance from normal; above 1 is anomalous",
            ),
            "Anomaly": (ua.Variant(False, ua.VariantType.Boolean), "Whether the detectors call it anomalous"),
            "Recommendation": (ua.Variant("", ua.VariantType.String), "What to do"),
            "ContributionNames": (
                ua.Variant([], ua.VariantType.String, is_array=True),
                "Tags behind the verdict",
            ),
            "Contributions": (
                ua.Variant([], ua.VariantType.Double, is_array=True),
                "Their share of it, in the order of ContributionNames, 0 to 1",
            ),
        }
        for name, (value, description) in plain.items():
            node = self._ns.node(f"{device.tag}/Health/{name}")
            self._factory.variable(
                node,
                Text(name=self._ns.name(name), display=_spaced(name), description=description),
                value,
                parent=group,
            )
            self._tags[device.tag, "Health", name] = node

    def _add_commands(self, device: DeviceDefinition, parent: ua.NodeId) -> None:
        for method, description in COMMAND_METHODS.items():
            self._factory.method(
                self._ns.node(f"{device.tag}/{method}"),
                Text(name=self._ns.name(method), display=_spaced(method), description=description),
                parent=parent,
            )

    def _add_playback_methods(self, device: DeviceDefinition) -> None:
        group = self._ns.node(f"{device.tag}/Playback")
        for method, (description, arguments) in _PLAYBACK_METHODS.items():
            self._factory.method(
                self._ns.node(f"{device.tag}/Playback/{method}"),
                Text(name=self._ns.name(method), display=_spaced(method), description=description),
                parent=group,
                inputs=[argument(name, kind, text) for name, kind, text in arguments],
            )


def argument(name: str, kind: int, description: str, *, array: bool = False) -> ua.Argument:
    """Return the description of one method argument; `kind` is the number of a built-in data type."""
    return ua.Argument(
        Name=name,
        DataType=ua.NodeId(kind),
        ValueRank=1 if array else -1,
        ArrayDimensions=[0] if array else [],
        Description=ua.LocalizedText(description, "en"),
    )


def _spaced(name: str) -> str:
    """Return `ContributionNames` as `Contribution names`."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]


_GROUPS = {
    "Measurements": "What is measured",
    "Setpoints": "What may be set",
    "State": "What the device is doing",
    "Counters": "Use since the last maintenance",
    "Playback": "The recording that this device plays",
}
_LATCH = "Latched by an emergency stop; while it is, the device does not start"
_SEQUENCE = (
    "Counts the commands accepted for this device; give it as ExpectedSequence to be sure of the last word"
)
