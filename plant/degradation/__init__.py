"""Ways in which machines wear: one named law per way."""
