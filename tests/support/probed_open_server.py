"""`python -m tests.support.probed_open_server …`: the server that asks nobody for a login, its loop's long steps noted."""

from tests.support.probed_server import serve

if __name__ == "__main__":
    serve("tests.support.open_server")
