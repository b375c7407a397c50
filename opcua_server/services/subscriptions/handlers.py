"""The requests that subscriptions answer, from bytes to calls."""

import struct
from collections.abc import Callable
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

from opcua_server.services.subscriptions.item_services import ItemServices
from opcua_server.services.subscriptions.service import AndonSubscriptions
from opcua_server.services.table import Handler, QuickRequest, Request, ServiceTable
from opcua_server.services.wire import send_results

_ID = ua.ObjectIds
_CREATED: Final = struct.Struct("<IIdI3s")
_NO_FILTER_RESULT: Final = b"\0\0\0"


def add_handlers(services: ServiceTable, subscriptions: AndonSubscriptions) -> None:
    """Answer the subscription and monitored item service sets by `subscriptions`."""
    served = subscriptions

    def add(request: int, parameters: Any, respond: Callable[[Any, Any], Any]) -> None:
        async def handle(request: Request) -> Any:
            asked = struct_from_binary(parameters, request.body)
            return respond(request.processor.session, asked)

        services.add(request, handle)

    add(
        _ID.CreateSubscriptionRequest_Encoding_DefaultBinary,
        ua.CreateSubscriptionParameters,
        lambda session, asked: ua.CreateSubscriptionResponse(Parameters=served.create(session, asked)),
    )
    add(
        _ID.ModifySubscriptionRequest_Encoding_DefaultBinary,
        ua.ModifySubscriptionParameters,
        lambda session, asked: ua.ModifySubscriptionResponse(Parameters=served.modify(session, asked)),
    )
    add(
        _ID.DeleteSubscriptionsRequest_Encoding_DefaultBinary,
        ua.DeleteSubscriptionsParameters,
        lambda session, asked: ua.DeleteSubscriptionsResponse(
            Results=served.delete(session, asked.SubscriptionIds)
        ),
    )
    add(
        _ID.SetPublishingModeRequest_Encoding_DefaultBinary,
        ua.SetPublishingModeParameters,
        lambda session, asked: ua.SetPublishingModeResponse(
            Parameters=ua.SetPublishingModeResult(
                Results=served.set_publishing_mode(session, asked.PublishingEnabled, asked.SubscriptionIds)
            )
        ),
    )
    add(
        _ID.TransferSubscriptionsRequest_Encoding_DefaultBinary,
        ua.TransferSubscriptionsParameters,
        lambda session, asked: ua.TransferSubscriptionsResponse(
            Parameters=ua.TransferSubscriptionsResult(
                Results=served.transfer(
                    session, asked.SubscriptionIds, send_initial=bool(asked.SendInitialValues)
                )
            )
        ),
    )
    add(
        _ID.SetTriggeringRequest_Encoding_DefaultBinary,
        ua.SetTriggeringParameters,
        lambda session, asked: _triggering(*served.item_services.set_triggering(session, asked)),
    )
    _add_item_services(services, served.item_services)
    _add_publish(services, served)
    services.add(_ID.RepublishRequest_Encoding_DefaultBinary, _republish(served))
    services.add(_ID.CancelRequest_Encoding_DefaultBinary, _cancel(served))


def _triggering(added: list[ua.StatusCode], removed: list[ua.StatusCode]) -> ua.SetTriggeringResponse:
    return ua.SetTriggeringResponse(
        Parameters=ua.SetTriggeringResult(AddResults=added, RemoveResults=removed)
    )


def _add_item_services(services: ServiceTable, items: ItemServices) -> None:
    """Answer what is done for some items at a time."""

    async def create(request: Request) -> None:
        asked = struct_from_binary(ua.CreateMonitoredItemsParameters, request.body)
        results = await items.create(request.processor.session, asked, request.processor)
        send_results(request, ua.CreateMonitoredItemsResponse(), [_created(result) for result in results])

    async def modify(request: Request) -> ua.ModifyMonitoredItemsResponse:
        asked = struct_from_binary(ua.ModifyMonitoredItemsParameters, request.body)
        results = await items.modify(request.processor.session, asked, request.processor)
        return ua.ModifyMonitoredItemsResponse(Results=results)

    async def delete(request: Request) -> ua.DeleteMonitoredItemsResponse:
        asked = struct_from_binary(ua.DeleteMonitoredItemsParameters, request.body)
        results = await items.delete(request.processor.session, asked, request.processor)
        return ua.DeleteMonitoredItemsResponse(Results=results)

    async def set_mode(request: Request) -> ua.SetMonitoringModeResponse:
        asked = struct_from_binary(ua.SetMonitoringModeParameters, request.body)
        results = await items.set_mode(request.processor.session, asked, request.processor)
        return ua.SetMonitoringModeResponse(Parameters=ua.SetMonitoringModeResult(Results=results))

    services.add(_ID.CreateMonitoredItemsRequest_Encoding_DefaultBinary, create)
    services.add(_ID.ModifyMonitoredItemsRequest_Encoding_DefaultBinary, modify)
    services.add(_ID.DeleteMonitoredItemsRequest_Encoding_DefaultBinary, delete)
    services.add(_ID.SetMonitoringModeRequest_Encoding_DefaultBinary, set_mode)


def _created(result: ua.MonitoredItemCreateResult) -> bytes:
    """Encode a result, the usual one by hand: there may be thousands."""
    if result.FilterResult is None or isinstance(result.FilterResult, ua.ExtensionObject):
        return _CREATED.pack(
            result.StatusCode.value,
            result.MonitoredItemId,
            result.RevisedSamplingInterval,
            result.RevisedQueueSize,
            _NO_FILTER_RESULT,
        )
    encoded: bytes = struct_to_binary(result)
    return encoded


def _add_publish(services: ServiceTable, subscriptions: AndonSubscriptions) -> None:
    def handle_at_once(asked: QuickRequest) -> None:
        try:
            subscriptions.publish(asked)
        except ValueError:
            raise ServiceError(ua.StatusCodes.BadDecodingError) from None

    async def handle(request: Request) -> None:
        header, body = request.header, bytes(request.body.read(len(request.body)))
        handle_at_once(
            QuickRequest(
                request.processor,
                int(request.sequence.RequestId),
                int(header.RequestHandle),
                int(header.TimeoutHint),
                body,
            )
        )

    services.add(_ID.PublishRequest_Encoding_DefaultBinary, handle, at_once=handle_at_once)


def _republish(subscriptions: AndonSubscriptions) -> Handler:
    async def handle(request: Request) -> None:
        asked = struct_from_binary(ua.RepublishParameters, request.body)
        subscriptions.republish(request, asked.SubscriptionId, asked.RetransmitSequenceNumber)

    return handle


def _cancel(subscriptions: AndonSubscriptions) -> Handler:
    """Give up requests that wait for something to publish (OPC 10000-4, 5.6.5).

    Nothing else is cancelled: what is under way acts on the plant, and is answered in a moment anyway.
    """

    async def handle(request: Request) -> ua.CancelResponse:
        asked = struct_from_binary(ua.CancelParameters, request.body)
        response = ua.CancelResponse()
        response.Parameters.CancelCount = subscriptions.registry.cancel(
            request.processor.session, asked.RequestHandle
        )
        return response

    return handle
