"""The bounds of what one request, session or server may cost: enforced here and there, advertised from here alone."""

from dataclasses import dataclass

from opcua_server.wire.decoding import DecodeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds; operations past theirs are refused with BadTooManyOperations, the rest says its own status.

    Names are those of ServerCapabilities and its OperationLimits (OPC 10000-5, 6.3.2 and 6.3.11) where there is one.
    """

    # Operations of one request
    max_nodes_per_read: int = 10_000
    max_nodes_per_write: int = 1_000
    max_nodes_per_method_call: int = 100
    max_nodes_per_browse: int = 1_000  # Browse and BrowseNext
    max_nodes_per_register_nodes: int = 10_000
    max_nodes_per_translate_browse_paths_to_node_ids: int = 1_000
    max_nodes_per_node_management: int = 0  # nobody changes the node tree over the network
    max_monitored_items_per_call: int = 10_000
    max_nodes_per_history_read_data: int = 100
    max_nodes_per_history_read_events: int = 100
    max_nodes_per_history_update: int = 0  # what happened is not changed afterwards

    # Subscriptions
    min_sampling_ms: float = 20.0  # MinSupportedSampleRate

    # What one session may hold
    max_browse_continuation_points: int = 20
    max_history_continuation_points: int = 20

    # Work
    max_references_per_browse: int = (
        1_000  # of one node, whatever the client asks for; the rest by BrowseNext
    )
    max_references_per_request: int = 10_000  # of all nodes of one request
    max_path_elements: int = 64  # of one browse path
    max_path_targets: int = 1_000  # of one browse path, on the way and at its end

    # Sizes of values, elements or bytes
    max_array_length: int = 100_000
    max_string_length: int = 1_000_000
    max_byte_string_length: int = 1_000_000
    max_query_continuation_points: int = 0

    # Filters
    max_select_clauses: int = 200
    max_where_elements: int = 200
    max_where_depth: int = 32

    # Connections; "local" is this machine, where the operator sits
    max_connections: int = 300
    max_connections_per_address: int = 60  # of a remote address
    max_strangers: int = 100  # connections without a login; the oldest makes room for a new one
    max_strangers_per_address: int = 30
    kept_for_local: int = 10  # connections and sessions that remote clients never take
    max_sessions: int = 200
    max_sessions_per_address: int = 20  # of a remote address
    hello_s: float = 5.0  # until a connection says hello
    login_s: float = 30.0  # until it has logged in
    chunk_s: float = 10.0  # for the rest of a chunk that has begun, and of a message before login
    message_s: float = 60.0  # for the rest of a message after login
    reading_s: float = 10.0  # for a client to take what it has been sent

    # Messages, bytes unless it says otherwise
    min_chunk: int = 8_192  # Part 6, 7.1.2.3
    max_chunk: int = 65_535
    max_message_before_login: int = 65_536
    max_message: int = 4 * 1024 * 1024
    max_response: int = 4 * 1024 * 1024  # or what the client says in its hello, if that is less
    max_write_buffer: int = 8 * 1024 * 1024  # sent but not taken; past it the connection is cut
    max_held: int = 48 * 1024 * 1024  # of unfinished messages of all clients together
    max_waiting: int = 128 * 1024  # received but not served; past it the client is not read any more
    max_waiting_requests: int = 50
    max_nesting: int = 100  # levels
    max_objects: int = 50_000  # array elements and nested objects of one message after login
    max_objects_at_once: int = 200  # the same before login, and what is decoded without a thread

    # Subscriptions
    min_publishing_ms: float = 20.0
    max_publishing_ms: float = 3_600_000.0  # sampling intervals too
    max_subscription_life_s: float = 3_600.0  # without a publish request
    max_subscriptions: int = 1_000
    max_subscriptions_per_address: int = 400  # of a remote address
    max_subscriptions_per_session: int = 100
    max_publish_requests_per_session: int = 120  # more than subscriptions (Part 4, 5.14.5)
    max_monitored_items: int = 1_000_000
    max_monitored_items_per_session: int = 200_000
    max_monitored_items_per_subscription: int = 100_000
    max_queue_size: int = 10_000  # samples or events of one item
    max_queue_sizes: int = 500_000  # of all items of one subscription together
    max_queue_sizes_per_session: int = 1_000_000
    default_event_queue: int = 1_000
    max_notifications: int = 20_000  # of one message
    max_retransmissions: int = 200  # messages of one subscription that were not acknowledged
    max_retransmission_bytes: int = 8 * 1024 * 1024


LIMITS = Limits()

SERVER_DECODING = DecodeLimits(
    depth=LIMITS.max_nesting,
    string_bytes=max(LIMITS.max_string_length, LIMITS.max_byte_string_length),
    array_length=LIMITS.max_array_length,
    objects=LIMITS.max_objects,
)
