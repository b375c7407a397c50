"""The detectors: features, models, training, evaluation and the bundles they ship in."""
