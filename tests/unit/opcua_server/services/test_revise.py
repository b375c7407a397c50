"""Filters as they come from the wire."""

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.address_space import AddressSpace, AttributeValue, NodeData
from asyncua.ua.ua_binary import extensionobject_from_binary, extensionobject_to_binary

from opcua_server.model.standard import fill_standard
from opcua_server.services.subscriptions.revise import check_filter
from opcua_server.services.where import TypeTree


def test_that_a_deadband_is_taken_as_the_decoder_makes_it() -> None:
    aspace = AddressSpace()
    fill_standard(aspace)
    node = NodeData(ua.NodeId("Temperature", 2))
    kind = ua.Variant(ua.NodeId(ua.ObjectIds.Double), ua.VariantType.NodeId)
    node.attributes[ua.AttributeIds.DataType] = AttributeValue(ua.DataValue(kind))
    sent = ua.DataChangeFilter(
        Trigger=ua.DataChangeTrigger.StatusValue,
        DeadbandType=int(ua.DeadbandType.Absolute),
        DeadbandValue=1.5,
    )
    arrived = extensionobject_from_binary(Buffer(extensionobject_to_binary(sent)))

    found = check_filter(arrived, node, ua.AttributeIds.Value, aspace, TypeTree(aspace))

    assert (found.has_deadband, found.deadband) == (True, 1.5)
