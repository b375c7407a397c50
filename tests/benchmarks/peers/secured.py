"""What a byte costs when it is signed and encrypted."""

from tests.benchmarks.peers.runs import Plan
from tests.benchmarks.report import Result


def measure(plan: Plan) -> list[Result]:
    """Compare the same load over SecurityPolicy None and Basic256Sha256."""
    del plan
    return []
