"""The dashboard: pages that people leave open, on gold, as bi_reader."""
