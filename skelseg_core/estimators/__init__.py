"""2D pose estimators behind one protocol, `base.PoseEstimator`."""
