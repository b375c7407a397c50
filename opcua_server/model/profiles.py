"""The profiles that this server claims: each only because tests hold its units (OPC 10000-7).

Which test proves which unit is told by `resources/docs/conformance.md`; a profile whose units are tested in part is not claimed.
"""

PROFILES = (
    "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary",
    "http://opcfoundation.org/UA-Profile/Server/Core2017Facet",
    "http://opcfoundation.org/UA-Profile/Server/Methods",
    "http://opcfoundation.org/UA-Profile/Server/EmbeddedDataChangeSubscription",
    "http://opcfoundation.org/UA-Profile/Server/StandardDataChangeSubscription2017",
    "http://opcfoundation.org/UA-Profile/Server/StandardEventSubscription",
)
