"""Create nodes in bulk: straight into the address space, constants shared between nodes.

The library's `add_object(objecttype=...)` costs about 50 ms a device and `add_nodes` scans the parent's references for
every child; a plant of 108 devices needs some ten thousand nodes in well under a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData

_ID = ua.ObjectIds
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
        self._to_type: dict[ua.NodeId, ua.ReferenceDescription] = {}  # one for all nodes of a type
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
    ) -> ua.NodeId:
        """Add an object, as a child of `parent` where one is given."""
        data = self._node(node, ua.NodeClass.Object, text)
        data.attributes[ua.AttributeIds.EventNotifier] = self._constant(
            1 if notifier else 0, ua.VariantType.Byte
        )
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
        data = self._node(node, ua.NodeClass.Variable, text)
        first = value if isinstance(value, ua.DataValue) else ua.DataValue(value)
        variant = first.Value
        assert variant is not None
        access = READ_WRITE if writable else READ
        attributes = data.attributes
        attributes[ua.AttributeIds.Value] = AttributeValue(first)
        attributes[ua.AttributeIds.DataType] = self._constant(
            data_type or ua.NodeId(variant.VariantType.value), ua.VariantType.NodeId
        )
        is_array = isinstance(variant.Value, list)
        attributes[ua.AttributeIds.ValueRank] = self._constant(1 if is_array else -1, ua.VariantType.Int32)
        attributes[ua.AttributeIds.AccessLevel] = self._constant(access, ua.VariantType.Byte)
        attributes[ua.AttributeIds.UserAccessLevel] = self._constant(access, ua.VariantType.Byte)
        attributes[ua.AttributeIds.Historizing] = self._constant(False, ua.VariantType.Boolean)
        attributes[ua.AttributeIds.MinimumSamplingInterval] = self._constant(0.0, ua.VariantType.Double)
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
        data = self._node(node, ua.NodeClass.Method, text)
        data.attributes[ua.AttributeIds.Executable] = self._constant(True, ua.VariantType.Boolean)
        data.attributes[ua.AttributeIds.UserExecutable] = self._constant(True, ua.VariantType.Boolean)
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
        data = self._node(node, ua.NodeClass.ObjectType, text)
        data.attributes[ua.AttributeIds.IsAbstract] = self._constant(abstract, ua.VariantType.Boolean)
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
        self._link(self._aspace[source], reference, self._aspace[target], forward=True)
        self._link(self._aspace[target], reference, self._aspace[source], forward=False)

    def _node(self, node: ua.NodeId, node_class: ua.NodeClass, text: Text) -> NodeData:
        assert node not in self._aspace, f"{node} exists already"
        data = NodeData(node)
        display = text.display or text.name.Name
        attributes = data.attributes
        attributes[ua.AttributeIds.NodeId] = _value(node, ua.VariantType.NodeId)
        attributes[ua.AttributeIds.NodeClass] = self._constant(node_class, ua.VariantType.Int32)
        attributes[ua.AttributeIds.BrowseName] = self._name(text.name)
        attributes[ua.AttributeIds.DisplayName] = self._text(display)
        attributes[ua.AttributeIds.Description] = self._text(text.description or display)
        attributes[ua.AttributeIds.WriteMask] = self._constant(0, ua.VariantType.UInt32)
        attributes[ua.AttributeIds.UserWriteMask] = self._constant(0, ua.VariantType.UInt32)
        self._aspace[node] = data
        self.count += 1
        return data

    def _constant(self, value: object, kind: ua.VariantType) -> AttributeValue:
        key = (kind, value)
        if key not in self._shared:
            self._shared[key] = _value(value, kind)
        return self._shared[key]

    def _name(self, name: ua.QualifiedName) -> AttributeValue:
        key = ("name", name.NamespaceIndex, name.Name)
        if key not in self._shared:
            self._shared[key] = _value(name, ua.VariantType.QualifiedName)
        return self._shared[key]

    def _text(self, text: str) -> AttributeValue:
        key = ("text", text)
        if key not in self._shared:
            self._shared[key] = _value(ua.LocalizedText(text, "en"), ua.VariantType.LocalizedText)
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
        above = self._aspace[parent]
        self._link(above, reference, data, forward=True, type_definition=type_definition)
        self._link(data, reference, above, forward=False)

    @staticmethod
    def _link(
        source: NodeData,
        reference: ua.NodeId,
        target: NodeData,
        *,
        forward: bool,
        type_definition: ua.NodeId | None = None,
    ) -> None:
        source.references.append(
            ua.ReferenceDescription(
                ReferenceTypeId=reference,
                IsForward=forward,
                NodeId=target.nodeid,
                BrowseName=_browse_name(target),
                DisplayName=_display_name(target),
                NodeClass=_node_class(target),
                TypeDefinition=type_definition or _type_of(target),
            )
        )


def _value(value: object, kind: ua.VariantType) -> AttributeValue:
    return AttributeValue(ua.DataValue(ua.Variant(value, kind)))


def _attribute(data: NodeData, attribute: ua.AttributeIds) -> object:
    found = data.attributes[attribute].value
    assert found is not None
    assert found.Value is not None
    return found.Value.Value


def _browse_name(data: NodeData) -> ua.QualifiedName:
    name = _attribute(data, ua.AttributeIds.BrowseName)
    assert isinstance(name, ua.QualifiedName)
    return name


def _display_name(data: NodeData) -> ua.LocalizedText:
    name = _attribute(data, ua.AttributeIds.DisplayName)
    assert isinstance(name, ua.LocalizedText)
    return name


def _node_class(data: NodeData) -> ua.NodeClass:
    return ua.NodeClass(_attribute(data, ua.AttributeIds.NodeClass))


def _type_of(data: NodeData) -> ua.NodeId:
    for reference in data.references:
        if reference.ReferenceTypeId == HAS_TYPE_DEFINITION and reference.IsForward:
            return reference.NodeId
    return ua.NodeId()
