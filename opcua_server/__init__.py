"""The headless server: it runs the plant and shows it, its alarms and its commands over OPC UA."""
