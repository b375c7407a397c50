"""Create nodes in bulk: straight into the address space, constants shared between nodes.

The library's `add_object(objecttype=...)` costs about 50 ms a device and `add_nodes` scans the parent's references for
every child; a plant of 108 devices needs some ten thousand nodes in well under a second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

from opcua_server.dataplane.address_space import ColumnAddressSpace
from opcua_server.dataplane.promised import LateParent

_ID = ua.ObjectIds
_T = ua.VariantType
HAS_COMPONENT = ua.NodeId(_ID.HasComponent)
HAS_PROPERTY = ua.NodeId(_ID.HasProperty)
HAS_SUBTYPE = ua.NodeId(_ID.HasSubtype)
HAS_TYPE_DEFINITION = ua.NodeId(_ID.HasTypeDefinition)
HAS_MODELLING_RULE = ua.NodeId(_ID.HasModellingRule)
ORGANIZES = ua.NodeId(_ID.Organizes)
HAS_NOTIFIER = ua.NodeId(_ID.HasNotifier)
HAS_EVENT_SOURCE = ua.NodeId(_ID.HasEventSource)
HAS_CONDITION = ua.NodeId(_ID.HasCondition)
HAS_ADDIN = ua.NodeId(_ID.HasAddIn)
MANDATORY = ua.NodeId(_ID.ModellingRule_Mandatory)
BASE_VARIABLE = ua.NodeId(_ID.BaseDataVariableType)
PROPERTY_TYPE = ua.NodeId(_ID.PropertyType)
BASE_OBJECT = ua.NodeId(_ID.BaseObjectType)
FOLDER = ua.NodeId(_ID.FolderType)

READ = 1  # AccessLevel bit CurrentRead, OPC 10000-3, 8.57
READ_WRITE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What people read of a node: browse name, display name, description."""

    name: ua.QualifiedName
    display: str = ""
    description: str = ""


class NodeFactory:
    """Makes nodes and references in one address space.

    Constant attributes (node class, ranks, masks) are one shared object for all nodes: nothing ever writes them.
    """

    def __init__(self, aspace: AddressSpace) -> None:
        self._aspace = aspace
        self._shared: dict[tuple[object, ...], AttributeValue] = {}
        self._templates: dict[tuple[object, ...], dict[ua.AttributeIds, AttributeValue]] = {}
        self._to_type: dict[ua.NodeId, ua.ReferenceDescription] = {}  # one for all nodes of a type
        self._parents: dict[ua.NodeId, _Target] = {}
        self.count = 0

    def add_object(
        self,
        node: ua.NodeId,
        text: Text,
        *,
        parent: ua.NodeId | None = None,
        reference: ua.NodeId = HAS_COMPONENT,
        type_definition: ua.NodeId = BASE_OBJECT,
        notifier: bool = False,
        late: bool = False,
    ) -> ua.NodeId:
        """Add an object, as a child of `parent` where one is given; `late` if children are to be promised."""
        constants = self._template(ua.NodeClass.Object, ("EventNotifier", int(notifier), _T.Byte))
        data = self._node(LateParent(node) if late else NodeData(node), constants, text)
        self._type_definition(data, type_definition)
        self._adopt(parent, reference, data, type_definition)
        return node

    def variable(
        self,
        node: ua.NodeId,
        text: Text,
        value: ua.Variant | ua.DataValue,
        *,
        parent: ua.NodeId | None,
        reference: ua.NodeId = HAS_COMPONENT,
        type_definition: ua.NodeId = BASE_VARIABLE,
        data_type: ua.NodeId | None = None,
        writable: bool = False,
    ) -> ua.NodeId:
        """Add a variable with its first value."""
        first = value if isinstance(value, ua.DataValue) else ua.DataValue(value)
        variant = first.Value
        assert variant is not None
        constants = self._of_variables(
            data_type or ua.NodeId(variant.VariantType.value), isinstance(variant.Value, list), writable
        )
        data = self._node(NodeData(node), constants, text)
        data.attributes[ua.AttributeIds.Value] = AttributeValue(first)
        self._type_definition(data, type_definition)
        self._adopt(parent, reference, data, type_definition)
        return node

    def property(
        self,
        node: ua.NodeId,
        name: str,
        value: ua.Variant,
        *,
        parent: ua.NodeId,
        writable: bool = False,
        ns: int = 0,
    ) -> ua.NodeId:
        """Add a property; `ns` is the namespace of its browse name (0 for the standard's own)."""
        sample = value.Value[0] if isinstance(value.Value, list) and value.Value else value.Value
        return self.variable(
            node,
            Text(name=ua.QualifiedName(name, ns), display=name),
            value,
            parent=parent,
            reference=HAS_PROPERTY,
            type_definition=PROPERTY_TYPE,
            data_type=getattr(type(sample), "data_type", None),
            writable=writable,
        )

    def method(
        self,
        node: ua.NodeId,
        text: Text,
        *,
        parent: ua.NodeId,
        inputs: Sequence[ua.Argument] = (),
        outputs: Sequence[ua.Argument] = (),
    ) -> ua.NodeId:
        """Add a method with its argument descriptions; what it does is bound in the method service."""
        constants = self._template(
            ua.NodeClass.Method, ("Executable", True, _T.Boolean), ("UserExecutable", True, _T.Boolean)
        )
        data = self._node(NodeData(node), constants, text)
        self._adopt(parent, HAS_COMPONENT, data, ua.NodeId())
        for name, arguments in (("InputArguments", inputs), ("OutputArguments", outputs)):
            if arguments:
                path = ua.NodeId(f"{node.Identifier}/{name}", node.NamespaceIndex)
                self.property(
                    path, name, ua.Variant(list(arguments), ua.VariantType.ExtensionObject), parent=node
                )
        return node

    def object_type(
        self, node: ua.NodeId, text: Text, *, parent: ua.NodeId, abstract: bool = False
    ) -> ua.NodeId:
        """Add an object type below `parent`."""
        constants = self._template(ua.NodeClass.ObjectType, ("IsAbstract", abstract, _T.Boolean))
        data = self._node(NodeData(node), constants, text)
        self._adopt(parent, HAS_SUBTYPE, data, ua.NodeId())
        return node

    def mandatory(self, *nodes: ua.NodeId) -> None:
        """Give type members the modelling rule Mandatory: without one, instances come out empty."""
        for node in nodes:
            self._aspace[node].references.append(
                ua.ReferenceDescription(
                    ReferenceTypeId=HAS_MODELLING_RULE,
                    IsForward=True,
                    NodeId=MANDATORY,
                    BrowseName=ua.QualifiedName("Mandatory", 0),
                    DisplayName=ua.LocalizedText("Mandatory"),
                    NodeClass=ua.NodeClass.Object,
                )
            )

    def refer(self, source: ua.NodeId, reference: ua.NodeId, target: ua.NodeId) -> None:
        """Add a reference and its inverse between two existing nodes."""
        begin, end = self._target(source), self._target(target)
        begin.data.references.append(end.reference(reference, forward=True))
        end.data.references.append(begin.reference(reference, forward=False))

    def promise(self, parent: ua.NodeId, count: int, make: Callable[[], None]) -> None:
        """Have `make` add `count` nodes below an object that was added as `late`, once somebody asks for one of them."""
        found = self._aspace[parent]
        if isinstance(found, LateParent) and isinstance(self._aspace, ColumnAddressSpace):
            self._aspace.promise(found, count, make)
        else:
            make()  # the library's own address space knows no promises

    # ---- attributes ------------------------------------------------------------------------------------------------

    def _node(
        self, data: NodeData, constants: Mapping[ua.AttributeIds, AttributeValue], text: Text
    ) -> NodeData:
        node = data.nodeid
        assert node not in self._aspace, f"{node} exists already"
        display = text.display or text.name.Name
        data.attributes = attributes = dict(constants)
        attributes[ua.AttributeIds.NodeId] = _value(node, _T.NodeId)
        attributes[ua.AttributeIds.BrowseName] = self._name(text.name)
        attributes[ua.AttributeIds.DisplayName] = self._text(display)
        attributes[ua.AttributeIds.Description] = self._text(text.description or display)
        self._aspace[node] = data
        self.count += 1
        return data

    def _of_variables(
        self, data_type: ua.NodeId, is_array: bool, writable: bool
    ) -> Mapping[ua.AttributeIds, AttributeValue]:
        access = READ_WRITE if writable else READ
        key = (data_type.Identifier, data_type.NamespaceIndex, is_array, access)
        if key not in self._templates:
            self._templates[key] = {
                **self._template(
                    ua.NodeClass.Variable,
                    ("ValueRank", 1 if is_array else -1, _T.Int32),
                    ("AccessLevel", access, _T.Byte),
                    ("UserAccessLevel", access, _T.Byte),
                    ("Historizing", False, _T.Boolean),
                    ("MinimumSamplingInterval", 0.0, _T.Double),
                ),
                ua.AttributeIds.DataType: _value(data_type, _T.NodeId),
            }
        return self._templates[key]

    def _template(
        self, node_class: ua.NodeClass, *constants: tuple[str, object, ua.VariantType]
    ) -> Mapping[ua.AttributeIds, AttributeValue]:
        """Return the attributes that all nodes of a kind have in common."""
        key = (node_class, *constants)
        if key not in self._templates:
            common = (
                ("NodeClass", node_class, _T.Int32),
                ("WriteMask", 0, _T.UInt32),
                ("UserWriteMask", 0, _T.UInt32),
            )
            self._templates[key] = {
                getattr(ua.AttributeIds, name): _value(value, kind)
                for name, value, kind in (*common, *constants)
            }
        return self._templates[key]

    def _name(self, name: ua.QualifiedName) -> AttributeValue:
        key = ("name", name.NamespaceIndex, name.Name)
        if key not in self._shared:
            self._shared[key] = _value(name, _T.QualifiedName)
        return self._shared[key]

    def _text(self, text: str) -> AttributeValue:
        key = ("text", text)
        if key not in self._shared:
            self._shared[key] = _value(ua.LocalizedText(text, "en"), _T.LocalizedText)
        return self._shared[key]

    def _type_definition(self, data: NodeData, type_definition: ua.NodeId) -> None:
        if type_definition not in self._to_type:
            found = self._aspace[type_definition]
            self._to_type[type_definition] = ua.ReferenceDescription(
                ReferenceTypeId=HAS_TYPE_DEFINITION,
                IsForward=True,
                NodeId=type_definition,
                BrowseName=_browse_name(found),
                DisplayName=_display_name(found),
                NodeClass=_node_class(found),
            )
        data.references.append(self._to_type[type_definition])

    def _adopt(
        self, parent: ua.NodeId | None, reference: ua.NodeId, data: NodeData, type_definition: ua.NodeId
    ) -> None:
        if parent is None:
            return
        above = self._target(parent)
        above.data.references.append(
            ua.ReferenceDescription(
                ReferenceTypeId=reference,
                IsForward=True,
                NodeId=data.nodeid,
                BrowseName=_browse_name(data),
                DisplayName=_display_name(data),
                NodeClass=_node_class(data),
                TypeDefinition=type_definition,
            )
        )
        data.references.append(above.reference(reference, forward=False))

    def _target(self, node: ua.NodeId) -> "_Target":
        found = self._parents.get(node)
        if found is None:
            found = self._parents[node] = _Target.of(self._aspace[node])
        return found


@dataclass(frozen=True, slots=True)
class _Target:
    """A node that others lie below, and what references to it say of it."""

    data: NodeData
    browse_name: ua.QualifiedName
    display_name: ua.LocalizedText
    node_class: ua.NodeClass
    type_definition: ua.NodeId

    @classmethod
    def of(cls, data: NodeData) -> "_Target":
        """Look a node up; its type definition must be known by now."""
        return cls(data, _browse_name(data), _display_name(data), _node_class(data), _type_of(data))

    def reference(self, reference: ua.NodeId, *, forward: bool) -> ua.ReferenceDescription:
        """Return a reference that leads here."""
        return ua.ReferenceDescription(
            ReferenceTypeId=reference,
            IsForward=forward,
            NodeId=self.data.nodeid,
            BrowseName=self.browse_name,
            DisplayName=self.display_name,
            NodeClass=self.node_class,
            TypeDefinition=self.type_definition,
        )


def _value(value: object, kind: ua.VariantType) -> AttributeValue:
    return AttributeValue(ua.DataValue(ua.Variant(value, kind)))


def _attribute(data: NodeData, attribute: ua.AttributeIds) -> Any:
    found = data.attributes[attribute].value
    assert found is not None
    assert found.Value is not None
    return found.Value.Value


def _browse_name(data: NodeData) -> ua.QualifiedName:
    return cast("ua.QualifiedName", _attribute(data, ua.AttributeIds.BrowseName))


def _display_name(data: NodeData) -> ua.LocalizedText:
    return cast("ua.LocalizedText", _attribute(data, ua.AttributeIds.DisplayName))


def _node_class(data: NodeData) -> ua.NodeClass:
    found = _attribute(data, ua.AttributeIds.NodeClass)
    return found if isinstance(found, ua.NodeClass) else ua.NodeClass(found)


def _type_of(data: NodeData) -> ua.NodeId:
    for reference in data.references:
        if reference.ReferenceTypeId == HAS_TYPE_DEFINITION and reference.IsForward:
            return reference.NodeId
    return ua.NodeId()
