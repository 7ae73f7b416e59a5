"""Learning: the networks, training, prediction, calibration and cross-validation."""
