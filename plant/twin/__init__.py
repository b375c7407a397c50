"""The plant's twin: what every measurement should read, from tags and commands alone."""
