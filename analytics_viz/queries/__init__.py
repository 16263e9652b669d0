"""The SQL of the reports, one module per report."""
