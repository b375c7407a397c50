"""Proofs of the alarm core."""
