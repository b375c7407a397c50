"""What the operator sees, as Qt models without widgets."""
