"""The page of physics, made from the docstrings of the laws and families."""
