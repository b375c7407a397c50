"""Attacks on a fresh server each, watched by a bystander who is subscribed, presses the emergency stop and logs in."""
