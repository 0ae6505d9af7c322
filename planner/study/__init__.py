"""Many solves, and those of many machines."""
