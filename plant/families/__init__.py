"""The device families, one physics model a file, each vectorised over its devices."""
