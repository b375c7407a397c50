"""Colours, type and spacing, and the style sheet made from them."""
