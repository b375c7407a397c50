"""Subscriptions and monitored items: OPC 10000-4, 5.13 and 5.14, over columns."""

from opcua_server.services.subscriptions.service import AndonSubscriptions

__all__ = ["AndonSubscriptions"]
