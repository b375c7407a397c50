"""What is known of one monitored item, whatever it watches."""

from dataclasses import dataclass

from asyncua import ua

from opcua_server.dataplane.items import ItemSettings
from opcua_server.services.subscriptions.event_items import EventItem
from opcua_server.services.subscriptions.object_items import ObjectItem

Watch = ObjectItem | EventItem


@dataclass(slots=True)
class Item:
    """The settings are the column table's or the watch's business too."""

    id: int
    node: ua.NodeId
    attribute: int
    settings: ItemSettings
    row: int | None = None  # of a column item
    watch: Watch | None = None  # of any other
    callback: int = 0  # the address space's handle, of an object item
    filter_result: ua.EventFilterResult | None = None  # of an event item: what is wrong in its filter
