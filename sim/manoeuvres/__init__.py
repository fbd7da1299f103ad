"""Ten situations played by a script on highway-env's roads, each with what passes it."""
