"""The daily batch: a day is generated or picked up, loaded, built, written out and reported."""
