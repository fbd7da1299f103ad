"""The report of a benchmark run that a person reads: tables, plots and clips on one page."""
