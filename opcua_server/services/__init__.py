"""What the OPC UA library answers wrongly or not at all, put right by subclasses."""
