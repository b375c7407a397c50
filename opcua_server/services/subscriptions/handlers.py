"""The requests that subscriptions answer, from bytes to calls."""

import struct
from collections.abc import Callable
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

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
        _ID.ModifyMonitoredItemsRequest_Encoding_DefaultBinary,
        ua.ModifyMonitoredItemsParameters,
        lambda session, asked: ua.ModifyMonitoredItemsResponse(Results=served.modify_items(session, asked)),
    )
    add(
        _ID.DeleteMonitoredItemsRequest_Encoding_DefaultBinary,
        ua.DeleteMonitoredItemsParameters,
        lambda session, asked: ua.DeleteMonitoredItemsResponse(Results=served.delete_items(session, asked)),
    )
    add(
        _ID.SetMonitoringModeRequest_Encoding_DefaultBinary,
        ua.SetMonitoringModeParameters,
        lambda session, asked: ua.SetMonitoringModeResponse(
            Parameters=ua.SetMonitoringModeResult(Results=served.set_mode(session, asked))
        ),
    )
    add(
        _ID.SetTriggeringRequest_Encoding_DefaultBinary,
        ua.SetTriggeringParameters,
        lambda session, asked: _triggering(*served.set_triggering(session, asked)),
    )
    services.add(_ID.CreateMonitoredItemsRequest_Encoding_DefaultBinary, _create_items(served))
    _add_publish(services, served)
    services.add(_ID.RepublishRequest_Encoding_DefaultBinary, _republish(served))
    services.add(_ID.CancelRequest_Encoding_DefaultBinary, _cancel(served))


def _triggering(added: list[ua.StatusCode], removed: list[ua.StatusCode]) -> ua.SetTriggeringResponse:
    return ua.SetTriggeringResponse(
        Parameters=ua.SetTriggeringResult(AddResults=added, RemoveResults=removed)
    )


def _create_items(subscriptions: AndonSubscriptions) -> Handler:
    async def handle(request: Request) -> None:
        asked = struct_from_binary(ua.CreateMonitoredItemsParameters, request.body)
        results = await subscriptions.create_items(request.processor.session, asked, request.processor)
        send_results(request, ua.CreateMonitoredItemsResponse(), [_created(result) for result in results])

    return handle


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
