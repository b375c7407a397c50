"""The simulated plant: physics, control, faults and ground truth of every device, on simulated time."""
