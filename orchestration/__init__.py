"""The warehouse in Dagster: the steps of a day (`pipeline.steps`) as assets, every night."""
