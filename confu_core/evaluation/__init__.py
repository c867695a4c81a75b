"""Evaluation: retrieval in every direction, and lower bounds on information."""
