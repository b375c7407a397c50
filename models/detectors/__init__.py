"""The detectors themselves: what each needs to be trained, and to score a batch."""
