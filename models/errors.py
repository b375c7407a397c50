"""Name what can be wrong with the files that detectors are made from or read from."""


class ModelsError(Exception):
    """Something about a bundle or a recording cannot be used; the message is one sentence."""


class BundleError(ModelsError):
    """A bundle is missing, damaged or made for another version."""


class RecordingError(ModelsError):
    """A recording lacks something or contradicts itself."""
