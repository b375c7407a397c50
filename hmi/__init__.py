"""The operator console: a Qt program that knows the plant only through OPC UA."""
