"""Frames of columns on their way to the wire."""
