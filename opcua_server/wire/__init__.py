"""What both ends of a connection need of asyncua's wire format and do not get: decoders and encoders that keep to bounds."""
