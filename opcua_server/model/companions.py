"""The few DI and Machinery types that Andon's model stands on, from their published ids.

Sources: OPC 10000-100 (Devices, DI 1.04) and OPC 40001-1 (Machinery 1.03). No NodeSet file is shipped; the namespaces say
IsNamespaceSubset = true, so that nobody takes them for the whole.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.model.bulk import HAS_PROPERTY, ORGANIZES, PROPERTY_TYPE, NodeFactory, Text
from opcua_server.model.namespaces import DI_URI, MACHINERY_URI, TYPES_URI, Namespaces

_BASE_OBJECT_TYPE = ua.NodeId(ua.ObjectIds.BaseObjectType)
_FOLDER_TYPE = ua.NodeId(ua.ObjectIds.FolderType)
_STATE_MACHINE = ua.NodeId(ua.ObjectIds.FiniteStateMachineType)
_STATE_TYPE = ua.NodeId(ua.ObjectIds.StateType)

_METADATA_TYPES = {
    "StaticNodeIdTypes": ua.ObjectIds.IdType,
    "StaticNumericNodeIdRange": ua.ObjectIds.NumericRange,
    "DefaultAccessRestrictions": ua.ObjectIds.AccessRestrictionType,
    "DefaultRolePermissions": ua.ObjectIds.RolePermissionType,
    "DefaultUserRolePermissions": ua.ObjectIds.RolePermissionType,
}
TYPES_VERSION = "1.0.0"
TYPES_DATE = datetime(2026, 11, 21, tzinfo=UTC)


def topology_element(ns: Namespaces) -> ua.NodeId:
    """Return DI's TopologyElementType."""
    return ua.NodeId(1001, ns.di)


def functional_group(ns: Namespaces) -> ua.NodeId:
    """Return DI's FunctionalGroupType, the type of our groups."""
    return ua.NodeId(1005, ns.di)


def machine_identification(ns: Namespaces) -> ua.NodeId:
    """Return Machinery's MachineIdentificationType."""
    return ua.NodeId(1012, ns.machinery)


def item_state_type(ns: Namespaces) -> ua.NodeId:
    """Return Machinery's MachineryItemState_StateMachineType."""
    return ua.NodeId(1002, ns.machinery)


def operation_counters(ns: Namespaces) -> ua.NodeId:
    """Return Machinery's MachineryOperationCounterType."""
    return ua.NodeId(1009, ns.machinery)


def machines_folder(ns: Namespaces) -> ua.NodeId:
    """Return the Machines object, where a Machinery client looks first."""
    return ua.NodeId(1001, ns.machinery)


ITEM_STATES = {"OutOfService": 5004, "NotAvailable": 5005, "Executing": 5006, "NotExecuting": 5007}


def build_companions(factory: NodeFactory, ns: Namespaces) -> None:
    """Create the types, the Machines object and the namespaces' metadata."""
    _build_di(factory, ns)
    _build_machinery(factory, ns)
    _build_metadata(factory, ns)


def _build_di(factory: NodeFactory, ns: Namespaces) -> None:
    factory.object_type(
        topology_element(ns),
        Text(name=ua.QualifiedName("TopologyElementType", ns.di), description="Element of a device topology"),
        parent=_BASE_OBJECT_TYPE,
        abstract=True,
    )
    factory.object_type(
        functional_group(ns),
        Text(
            name=ua.QualifiedName("FunctionalGroupType", ns.di), description="Group of parameters and methods"
        ),
        parent=_FOLDER_TYPE,
    )


def _build_machinery(factory: NodeFactory, ns: Namespaces) -> None:
    def name(text: str) -> ua.QualifiedName:
        return ua.QualifiedName(text, ns.machinery)

    item = ua.NodeId(1004, ns.machinery)
    factory.object_type(
        item, Text(name=name("MachineryItemIdentificationType")), parent=functional_group(ns), abstract=True
    )
    factory.object_type(
        machine_identification(ns),
        Text(name=name("MachineIdentificationType"), description="Identification and nameplate of a machine"),
        parent=item,
    )
    factory.object_type(
        operation_counters(ns),
        Text(name=name("MachineryOperationCounterType"), description="Counters of the use of a machine"),
        parent=functional_group(ns),
    )
    factory.object_type(
        item_state_type(ns),
        Text(name=name("MachineryItemState_StateMachineType"), description="What a machine is doing"),
        parent=_STATE_MACHINE,
    )
    for state, number in ITEM_STATES.items():
        factory.add_object(
            ua.NodeId(number, ns.machinery),
            Text(name=name(state)),
            parent=item_state_type(ns),
            type_definition=_STATE_TYPE,
        )
    factory.add_object(
        machines_folder(ns),
        Text(name=name("Machines"), description="All machines of this server"),
        parent=ua.NodeId(ua.ObjectIds.ObjectsFolder),
        reference=ORGANIZES,
        type_definition=ua.NodeId(ua.ObjectIds.FolderType),
    )


def _build_metadata(factory: NodeFactory, ns: Namespaces) -> None:
    namespaces = ua.NodeId(ua.ObjectIds.Server_Namespaces)
    entries = [
        (DI_URI, ns.di, "1.04.0", datetime(2022, 11, 3, tzinfo=UTC), True),
        (MACHINERY_URI, ns.machinery, "1.03.0", datetime(2023, 8, 1, tzinfo=UTC), True),
        (TYPES_URI, ns.types, TYPES_VERSION, TYPES_DATE, False),
        (ns.plant_uri, ns.plant, TYPES_VERSION, TYPES_DATE, False),
    ]
    for uri, index, version, published, subset in entries:
        root = ua.NodeId(f"NamespaceMetadata/{uri}", ns.plant)
        factory.add_object(
            root,
            Text(name=ua.QualifiedName(uri, index), display=uri),
            parent=namespaces,
            type_definition=ua.NodeId(ua.ObjectIds.NamespaceMetadataType),
        )
        values: dict[str, ua.Variant] = {
            "NamespaceUri": ua.Variant(uri, ua.VariantType.String),
            "NamespaceVersion": ua.Variant(version, ua.VariantType.String),
            "NamespacePublicationDate": ua.Variant(published, ua.VariantType.DateTime),
            "IsNamespaceSubset": ua.Variant(subset, ua.VariantType.Boolean),
            **_static_ids(is_plant=index == ns.plant),
            "DefaultAccessRestrictions": ua.Variant(0, ua.VariantType.UInt16),
            "DefaultRolePermissions": ua.Variant([], ua.VariantType.ExtensionObject, is_array=True),
            "DefaultUserRolePermissions": ua.Variant([], ua.VariantType.ExtensionObject, is_array=True),
        }
        for name, value in values.items():
            kind = _METADATA_TYPES.get(name)
            factory.variable(
                ua.NodeId(f"NamespaceMetadata/{uri}/{name}", ns.plant),
                Text(name=ua.QualifiedName(name, 0)),
                value,
                parent=root,
                reference=HAS_PROPERTY,
                type_definition=PROPERTY_TYPE,
                data_type=None if kind is None else ua.NodeId(kind),
            )


def _static_ids(*, is_plant: bool) -> dict[str, ua.Variant]:
    """Return which NodeIds are the same on every server with the namespace: all of them, texts here and numbers there."""
    kinds = [ua.IdType.String if is_plant else ua.IdType.Numeric]
    return {
        "StaticNodeIdTypes": ua.Variant(kinds, ua.VariantType.Int32),
        "StaticNumericNodeIdRange": ua.Variant(
            [] if is_plant else ["1:4294967295"], ua.VariantType.String, is_array=True
        ),
        "StaticStringNodeIdPattern": ua.Variant("%" if is_plant else "", ua.VariantType.String),
    }


def default_permissions_of(ns: Namespaces, name: str) -> dict[ua.NodeId, ua.NodeId]:
    """Return each namespace's property of that name, and a node of the namespace that is like most (OPC 10000-5, 6.3.14)."""
    spaces = {DI_URI: ns.di, MACHINERY_URI: ns.machinery, TYPES_URI: ns.types, ns.plant_uri: ns.plant}
    return {
        ua.NodeId(f"NamespaceMetadata/{uri}/{name}", ns.plant): ua.NodeId("", index)
        for uri, index in spaces.items()
    }


def set_default_permissions(
    aspace: AddressSpace, ns: Namespaces, of: Callable[[ua.NodeId], list[ua.RolePermissionType]]
) -> None:
    """Write each namespace's DefaultRolePermissions, as `of` tells them; those of a session's user are told when it asks."""
    for node, like_most in default_permissions_of(ns, "DefaultRolePermissions").items():
        value = ua.Variant(of(like_most), ua.VariantType.ExtensionObject, is_array=True)
        aspace[node].attributes[ua.AttributeIds.Value].value = ua.DataValue(
            value, SourceTimestamp=TYPES_DATE, ServerTimestamp=TYPES_DATE
        )
