"""The profiles that this server claims: each only because tests hold its units (OPC 10000-7).

The facet named after each is proved by the files beside it; a facet whose units are tested in part is not claimed.
"""

PROFILES = (
    # Transport: every test over a network.
    "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary",
    # View, attribute, session and discovery basics: tests/conformance/test_browsing.py, test_translating.py,
    # test_reading.py, test_writing.py, test_unknown_services.py, test_capabilities.py, test_diagnostics.py
    "http://opcfoundation.org/UA-Profile/Server/Core2017Facet",
    # Call, argument results: tests/conformance/test_calling.py, tests/interop/test_commanding.py
    "http://opcfoundation.org/UA-Profile/Server/Methods",
    # Items on notifiers, filters, queues: tests/conformance/test_filtering_events.py
    "http://opcfoundation.org/UA-Profile/Server/StandardEventSubscription",
)
