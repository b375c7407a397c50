"""The alarm engine: states, sources, records and the journal, without a word of OPC UA."""
