"""`python -m tests.support.open_server …`: the server, with sessions of this machine that need no login for anything.

For tests of services and of load, which are not about who may do what and speak without security. The product has no such
switch: there an anonymous session of this machine observes.
"""

import functools
import gc
import sys

gc.disable()  # as `python -m opcua_server` does while thousands of nodes are made

from opcua_server import cli  # noqa: E402
from opcua_server.security.identity import Role  # noqa: E402
from opcua_server.settings import Settings  # noqa: E402

EVERYTHING = frozenset(Role) - {Role.AUTHENTICATED_USER, Role.TRUSTED_APPLICATION, Role.SECURITY_ADMIN}

if __name__ == "__main__":
    vars(cli)["Settings"] = functools.partial(Settings, anonymous_roles=EVERYTHING)
    sys.exit(cli.main())
