"""Blocks of physics that several device families share."""
