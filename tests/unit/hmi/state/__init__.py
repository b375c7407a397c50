"""Unit tests of hmi.state."""
