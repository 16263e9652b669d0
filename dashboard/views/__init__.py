"""The pages: what a visitor sees and chooses."""
