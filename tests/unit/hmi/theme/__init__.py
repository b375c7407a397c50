"""Unit tests of hmi.theme."""
