"""Unit tests of hmi.widgets."""
