"""The servers that are measured beside each other, and the clients that load them."""
