"""Say what a browsed tree means: which objects are devices, which variables are tags of which group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua

from hmi.link.node_ids import Namespaces
from hmi.link.types import DeviceInfo, PlantModel, TagInfo

PLANT_ROOT = "Plant"
ALARMS = "Alarms"
THRESHOLDS = "Thresholds"
IDENTIFICATION = "Identification"
SETPOINTS = "Setpoints"
MEASUREMENTS = "Measurements"
EXPECTED = "Expected"  # below each measurement of a machine: what the server's twin says that it should read
TAG_GROUPS = (MEASUREMENTS, SETPOINTS, "State", "Health", "Counters", "Playback")
REPLAY_TYPE = "ReplayDeviceType"
_MARKS_DEVICE = {*TAG_GROUPS, IDENTIFICATION}
LIMIT_KEYS = {"LowLowLimit": "LowLow", "LowLimit": "Low", "HighLimit": "High", "HighHighLimit": "HighHigh"}

_ID = ua.ObjectIds
# Data types whose values come as plain numbers on the wire: the built-in ones, their abstract parents, enumerations.
_NUMBER_TYPES = {
    *range(_ID.Boolean, _ID.Double + 1),
    *(_ID.Number, _ID.Integer, _ID.UInteger, _ID.Enumeration),
    *(_ID.Duration, _ID.IntegerId, _ID.Counter),
}
_WHOLE_TYPES = _NUMBER_TYPES - {_ID.Float, _ID.Double, _ID.Number, _ID.Duration}
_TEXT_TYPES = {
    *range(_ID.String, _ID.XmlElement + 1),
    _ID.UtcTime,
    _ID.LocalizedText,
    _ID.NodeId,
    _ID.LocaleId,
}
_CURRENT_WRITE = 0x02  # AccessLevelType bit 1 (Part 3, 8.57)
_NAN = float("nan")


@dataclass(slots=True, kw_only=True, eq=False)
class Found:
    """One node of the tree, with what was read of it."""

    node: ua.NodeId
    name: str
    display: str
    node_class: int
    type_definition: ua.NodeId = field(default_factory=ua.NodeId)
    is_property: bool = False
    parent: "Found | None" = None
    depth: int = 0
    children: list["Found"] = field(default_factory=list)
    type_name: str = ""
    description: str = ""
    value: Any = None
    is_number: bool | None = None  # None: the data type alone does not tell
    is_whole: bool = False  # an integer: it has no decimals
    is_array: bool = False
    writable: bool = False

    def walk(self) -> Iterator["Found"]:
        """Yield this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    def child(self, name: str) -> "Found | None":
        """Return the child of that browse name."""
        return next((child for child in self.children if child.name == name), None)

    def path(self) -> list["Found"]:
        """Return the nodes from the root's children down to the parent of this one."""
        above: list[Found] = []
        parent = self.parent
        while parent is not None:
            above.append(parent)
            parent = parent.parent
        return above[::-1]

    def take_value(self, variant: ua.Variant) -> None:
        self.value = variant.Value
        self.is_number = isinstance(variant.Value, int | float)

    def take_description(self, variant: ua.Variant) -> None:
        self.description = str(variant.Value.Text or "")

    def take_type_name(self, variant: ua.Variant) -> None:
        self.type_name = str(variant.Value.Name)

    def take_data_type(self, variant: ua.Variant) -> None:
        kind = variant.Value
        if kind.NamespaceIndex == 0 and kind.Identifier in _NUMBER_TYPES:
            self.is_number = True
            self.is_whole = kind.Identifier in _WHOLE_TYPES
        elif kind.NamespaceIndex == 0 and kind.Identifier in _TEXT_TYPES:
            self.is_number = False

    def take_value_rank(self, variant: ua.Variant) -> None:
        self.is_array = int(variant.Value) >= 0

    def take_access(self, variant: ua.Variant) -> None:
        self.writable = bool(int(variant.Value) & _CURRENT_WRITE)

    def judge_by_value(self, variant: ua.Variant) -> None:
        """Decide by a value whether this tag carries numbers."""
        self.is_number = isinstance(variant.Value, int | float)
        self.is_array = self.is_array or isinstance(variant.Value, list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The plant model with what only the link needs: node ids, and the owner of each method."""

    model: PlantModel
    tag_nodes: tuple[ua.NodeId, ...]  # by tag id
    namespaces: Namespaces
    owners: Mapping[str, str]  # method -> object it is called on, both as text
    is_andon: bool

    def find(self, device: str, group: str, name: str) -> int | None:
        """Return the id of a tag."""
        for tag in self.model.tags:
            if tag.name == name and tag.device == device and tag.group == group:
                return tag.tag_id
        return None


def assemble(root: Found, namespaces: Namespaces, *, is_andon: bool) -> Catalogue:
    """Turn the tree below `root` into the plant's catalogue."""
    return _Assembly(namespaces, is_andon=is_andon).run(root)


class _Assembly:
    """One catalogue in the making."""

    def __init__(self, namespaces: Namespaces, *, is_andon: bool) -> None:
        self._spaces = namespaces
        self._is_andon = is_andon
        self._tags: list[TagInfo] = []
        self._tag_nodes: list[ua.NodeId] = []
        self._devices: list[DeviceInfo] = []
        self._methods: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._names: set[str] = set()

    def run(self, root: Found) -> Catalogue:
        self._visit(root)
        model = PlantModel(
            plant_name=root.display if self._is_andon else "",
            devices=tuple(self._devices),
            tags=tuple(self._tags),
            methods=self._methods,
        )
        return Catalogue(
            model=model,
            tag_nodes=tuple(self._tag_nodes),
            namespaces=self._spaces,
            owners=self._owners,
            is_andon=self._is_andon,
        )

    def _visit(self, found: Found) -> None:
        if self._is_device(found):
            self._add_device(found)
            if self._is_andon:
                return
        else:
            self._add_plain_members(found)
        for child in found.children:
            if child.node_class == ua.NodeClass.Object and not (
                self._is_device(found) and child.name in _MARKS_DEVICE
            ):
                self._visit(child)

    def _is_device(self, found: Found) -> bool:
        if found.node_class != ua.NodeClass.Object or found.depth == 0:
            return False
        if any(child.name in _MARKS_DEVICE for child in found.children):
            return found.name != PLANT_ROOT or not self._is_andon
        return not self._is_andon and any(_is_tag(child) for child in found.children)

    # ---- devices -------------------------------------------------------------------------------------------------

    def _add_device(self, found: Found) -> None:
        tag = self._unique(found)
        limits = self._limits(found)
        ids: list[int] = []
        for child in found.children:
            if _is_tag(child):
                ids.append(self._add_tag(child, tag, _foreign_group(child, is_andon=self._is_andon), limits))
            elif child.name in TAG_GROUPS:
                ids += [
                    self._add_tag(entry, tag, child.name, limits)
                    for entry in child.children
                    if _is_tag(entry)
                ]
        if self._is_andon and found.type_name != REPLAY_TYPE:
            ids += [self._add_expected(self._tags[tag_id]) for tag_id in ids if self._has_twin(tag_id)]
        places = [above.display or above.name for above in found.path()[self._places_from() :]]
        maker = found.child(IDENTIFICATION)
        self._devices.append(
            DeviceInfo(
                tag=tag,
                node_id=self._spaces.text(found.node),
                type_name=found.type_name,
                display_name=found.display or found.name,
                area=places[0] if places else "",
                line=places[1] if len(places) > 1 else "",
                manufacturer=_property_text(maker, "Manufacturer"),
                model=_property_text(maker, "Model"),
                serial=_property_text(maker, "SerialNumber"),
                tags=tuple(ids),
                methods=self._device_methods(found),
            )
        )

    def _places_from(self) -> int:
        return 2 if self._is_andon else 1  # below Objects/Plant, below Objects

    def _unique(self, found: Found) -> str:
        name = found.name
        if name in self._names:
            name = "/".join([above.name for above in found.path()[1:]] + [name])
        self._names.add(name)
        return name

    def _device_methods(self, found: Found) -> dict[str, str]:
        methods: dict[str, str] = {}
        for owner in (found, *(child for child in found.children if child.name in TAG_GROUPS)):
            for child in owner.children:
                if child.node_class == ua.NodeClass.Method:
                    methods.setdefault(child.name, self._own(child, owner))
        return methods

    def _limits(self, found: Found) -> dict[str, dict[str, Found]]:
        """Return the limits below Thresholds by tag name.

        A limit's NodeId ends in `…/<alarm>/<key>`, and a limit alarm is named after its tag.
        """
        limits: dict[str, dict[str, Found]] = {}
        folder = found.child(THRESHOLDS)
        for child in folder.children if folder is not None else ():
            parts = str(child.node.Identifier).split("/")
            key = LIMIT_KEYS.get(parts[-1]) or LIMIT_KEYS.get(child.name)
            if key and len(parts) > 1:
                limits.setdefault(parts[-2], {})[key] = child
        return limits

    # ---- tags ----------------------------------------------------------------------------------------------------

    def _add_plain_members(self, found: Found) -> None:
        """Take variables and methods that belong to no device."""
        for child in found.children:
            if _is_tag(child):
                self._add_tag(child, "", found.name, {})
            elif child.node_class == ua.NodeClass.Method:
                self._methods.setdefault(child.name, self._own(child, found))

    def _own(self, method: Found, owner: Found) -> str:
        text = self._spaces.text(method.node)
        self._owners[text] = self._spaces.text(owner.node)
        return text

    def _add_tag(
        self, found: Found, device: str, group: str, limits: Mapping[str, Mapping[str, Found]]
    ) -> int:
        tag_id = len(self._tags)
        low, high = _range(found, "EURange")
        normal_low, normal_high = _range(found, "NormalRange")
        own = limits.get(found.name) or {}
        self._tag_nodes.append(found.node)
        self._tags.append(
            TagInfo(
                tag_id=tag_id,
                node_id=self._spaces.text(found.node),
                device=device,
                group=group,
                name=found.name,
                display_name=found.display or found.name,
                description=found.description,
                unit=_unit(found),
                low=low,
                high=high,
                normal_low=normal_low,
                normal_high=normal_high,
                precision=_precision(found),
                writable=found.writable,
                is_text=found.is_array or not found.is_number,
                states=_states(found),
                limits={key: _number(entry.value) for key, entry in own.items()},
                limit_nodes={key: self._spaces.text(entry.node) for key, entry in own.items()},
            )
        )
        return tag_id

    def _has_twin(self, tag_id: int) -> bool:
        tag = self._tags[tag_id]
        return tag.group == MEASUREMENTS and not tag.is_text

    def _add_expected(self, tag: TagInfo) -> int:
        """Take what the twin expects of a measurement as a tag: an Andon server has it right below, with its unit."""
        node = self._tag_nodes[tag.tag_id]
        own = ua.NodeId(f"{node.Identifier}/{EXPECTED}", node.NamespaceIndex)
        self._tag_nodes.append(own)
        made = TagInfo(
            tag_id=len(self._tags),
            node_id=self._spaces.text(own),
            device=tag.device,
            group=EXPECTED,
            name=tag.name,
            display_name=f"Expected {tag.display_name[:1].lower()}{tag.display_name[1:]}",
            unit=tag.unit,
            low=tag.low,
            high=tag.high,
            precision=tag.precision,
            on_demand=True,
        )
        self._tags.append(made)
        return made.tag_id


def _is_tag(found: Found) -> bool:
    return found.node_class == ua.NodeClass.Variable and not found.is_property


def _foreign_group(found: Found, *, is_andon: bool) -> str:
    """Return the group of a variable that lies right below its device."""
    if is_andon:
        return ""
    return "Setpoints" if found.writable and found.is_number else "Measurements"


def _property_text(owner: Found | None, name: str) -> str:
    found = owner.child(name) if owner is not None else None
    value = found.value if found is not None else None
    if value is None:
        return ""
    return str(value.Text or "") if isinstance(value, ua.LocalizedText) else str(value)


def _range(found: Found, name: str) -> tuple[float, float]:
    entry = found.child(name)
    if entry is None or not isinstance(entry.value, ua.Range):
        return _NAN, _NAN
    return float(entry.value.Low), float(entry.value.High)


def _unit(found: Found) -> str:
    entry = found.child("EngineeringUnits")
    if entry is None or not isinstance(entry.value, ua.EUInformation):
        return ""
    return str(entry.value.DisplayName.Text or "")


def _precision(found: Found) -> int:
    entry = found.child("ValuePrecision")
    number = _number(entry.value if entry is not None else None)
    if 0 <= number <= 9:
        return round(number)
    return 0 if found.is_whole else 1


def _states(found: Found) -> tuple[str, ...]:
    texts = found.child("EnumStrings")
    if texts is not None and isinstance(texts.value, list):
        return tuple(str(text.Text or "") for text in texts.value)
    if found.child("TrueState") is None:
        return ()
    return _property_text(found, "FalseState"), _property_text(found, "TrueState")


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else _NAN
