"""What several kinds of test need: a real server in its own process, free ports, foreign clients."""
