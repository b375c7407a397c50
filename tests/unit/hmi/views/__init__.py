"""Unit tests of hmi.views."""
