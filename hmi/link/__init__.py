"""The only rooms of the console that speak OPC UA."""
