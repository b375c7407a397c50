"""The scoring worker: the detectors in a process of their own, and the server's hand on it."""
