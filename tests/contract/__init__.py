"""The proofs: unit, contract, system, interoperability, benchmarks."""
