"""Episodes on disk: a valid LeRobotDataset v3.0, written safely and read at random."""
