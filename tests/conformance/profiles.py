"""Which test proves which conformance unit of the profiles that the server claims (OPC 10000-7, 1.04, 6.6).

A profile is named in `opcua_server/model/profiles.py` when each of its units stands here; files and tests are below tests/.
"""

from collections.abc import Mapping, Sequence
from typing import Final

_OF: Final = "http://opcfoundation.org/UA-Profile/"
_CHANNEL: Final = "conformance/test_security_channel.py"
_ITEMS: Final = "conformance/test_monitored_items.py"
_SUBSCRIBING: Final = "conformance/test_subscribing.py"
_SIZES: Final = "conformance/test_sizes.py"
_EVENTS: Final = "conformance/test_filtering_events.py"
_POLICIES: Final = "interop/test_policies.py"

UNITS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    f"{_OF}Transport/uatcp-uasc-uabinary": {
        "UA-TCP, UA-SC, UA-Binary": (_POLICIES, "interop/test_secure.py", "unit/opcua_server/wire/test_encoding.py"),
    },
    f"{_OF}Server/Core2017Facet": {
        "SecurityPolicy – None": (f"{_POLICIES}::test_that_a_client_browses_reads_writes_and_calls",),
        "User Token – User Name Password": (f"{_CHANNEL}::test_that_each_policy_and_mode_carries_a_login", f"{_CHANNEL}::test_that_a_wrong_password_is_refused_as_an_unknown_user_is"),
        "Address Space Atomicity": ("conformance/test_reading.py::test_that_access_is_told_in_full",),
        "Address Space Base": ("unit/opcua_server/model/test_standard.py", "contract/test_information_model.py"),
        "Address Space Full Array Only": ("conformance/test_reading.py::test_that_access_is_told_in_full",),
        "Attribute Read": ("conformance/test_reading.py",),
        "Attribute Write Index": ("conformance/test_writing.py::test_that_a_part_is_written_and_the_rest_stays",),
        "Attribute Write Values": ("conformance/test_writing.py",),
        "Base Info Core Structure": ("conformance/test_capabilities.py::test_that_no_variable_of_the_server_object_is_null",),
        "Base Info Server Capabilities": ("conformance/test_capabilities.py::test_that_a_capability_is_told",),
        "Discovery Find Servers Self": (f"{_CHANNEL}::test_that_discovery_needs_no_security",),
        "Discovery Get Endpoints": (f"{_CHANNEL}::test_that_discovery_needs_no_security", "system/test_security_certificates.py::test_that_endpoints_name_the_host_that_the_client_used"),
        "Security Administration": ("system/test_audit_commands.py", "system/test_security_certificates.py::test_that_the_command_in_the_log_makes_a_refused_client_trusted"),
        "Session Base": (f"{_CHANNEL}::test_that_a_session_without_a_login_serves_nothing", "conformance/test_sessions.py"),
        "Session General Service Behaviour": (f"{_CHANNEL}::test_that_a_request_needs_the_token_of_its_channels_session", "conformance/test_unknown_services.py"),
        "Session Minimum 1": ("conformance/test_diagnostics.py::test_that_sessions_are_counted_as_they_come_and_go",),
        "View Basic": ("conformance/test_browsing.py",),
        "View Minimum Continuation Point 01": ("conformance/test_browsing.py::test_that_pages_together_are_the_whole_each_reference_once",),
        "View RegisterNodes": ("conformance/test_unknown_services.py::test_that_registered_nodes_keep_their_ids",),
        "View TranslateBrowsePath": ("conformance/test_translating.py",),
    },
    f"{_OF}Server/Methods": {
        "Address Space Method": ("interop/test_reading.py::test_that_a_method_describes_its_arguments",),
        "Method Call": ("conformance/test_calling.py", "interop/test_commanding.py"),
    },
    f"{_OF}Server/EmbeddedDataChangeSubscription": {
        "Monitor Basic": (f"{_ITEMS}::test_that_a_changed_item_does_as_it_was_changed", f"{_POLICIES}::test_that_a_modified_item_does_as_it_is_told_anew"),
        "Monitor Items 2": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
        "Monitor QueueSize_1": (f"{_ITEMS}::test_that_a_queue_of_one_holds_the_last_and_never_tells",),
        "Monitor Value Change": (f"{_ITEMS}::test_that_values_of_all_kinds_come_in_their_types",),
        "Subscription Basic": (f"{_SUBSCRIBING}::test_that_a_modified_subscription_changes_its_pace", f"{_SUBSCRIBING}::test_that_publish_requests_end_with_the_last_subscription"),
        "Subscription Minimum 1": (f"{_SUBSCRIBING}::test_that_a_quiet_subscription_says_that_it_lives",),
        "Subscription Publish Discard Policy": (f"{_SUBSCRIBING}::test_that_one_publish_request_too_many_ends_the_oldest",),
        "Subscription Publish Min 02": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
    },
    f"{_OF}Server/StandardDataChangeSubscription2017": {
        "Base Info GetMonitoredItems Method": (f"{_SUBSCRIBING}::test_that_the_server_tells_a_subscriptions_items",),
        "Base Info ResendData Method": (f"{_SUBSCRIBING}::test_that_the_server_sends_present_values_again",),
        "Method Call": ("conformance/test_calling.py",),
        "Monitor Items 10": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
        "Monitor Items 100": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
        "Monitor MinQueueSize_02": (f"{_ITEMS}::test_that_a_full_queue_drops_its_oldest_and_tells", f"{_POLICIES}::test_that_a_full_queue_drops_and_tells_it"),
        "Monitor Triggering": (f"{_ITEMS}::test_that_a_sample_sends_what_is_linked_to_it", f"{_ITEMS}::test_that_what_is_unlinked_is_sent_no_more"),
        "Monitored Items Deadband Filter": (f"{_ITEMS}::test_that_a_slow_drift_is_told", f"{_POLICIES}::test_that_only_changes_past_the_deadband_are_told"),
        "Subscription Minimum 02": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
        "Subscription Publish Min 05": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
    },
    f"{_OF}Server/StandardEventSubscription": {
        "Address Space Events": (f"{_EVENTS}::test_that_events_are_heard_up_the_tree", "contract/test_information_model.py::test_that_events_reach_every_area_line_and_device"),
        "Base Info EventQueueOverflow EventType": ("conformance/test_event_queues.py",),
        "Monitor Basic": ("conformance/test_event_queues.py::test_that_an_item_that_only_samples_keeps_its_events",),
        "Monitor Complex Event Filter": (f"{_EVENTS}::test_that_an_event_passes", "unit/opcua_server/services/test_where.py"),
        "Monitor Events": (f"{_EVENTS}::test_that_a_device_tells_its_own_events", f"{_POLICIES}::test_that_events_come_as_they_are_selected_and_filtered"),
        "Monitor Items 10": (f"{_SIZES}::test_that_ten_items_hear_the_events_of_one_notifier",),
        "Monitor QueueSize_ServerMax": ("conformance/test_event_queues.py::test_that_who_names_no_size_gets_room_for_a_flood",),
        "Subscription Basic": (f"{_SUBSCRIBING}::test_that_a_modified_subscription_changes_its_pace",),
        "Subscription Minimum 02": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
        "Subscription Publish Discard Policy": (f"{_SUBSCRIBING}::test_that_one_publish_request_too_many_ends_the_oldest",),
        "Subscription Publish Min 05": (f"{_SIZES}::test_that_two_subscriptions_of_many_items_are_served_by_many_requests",),
    },
}  # fmt: skip
