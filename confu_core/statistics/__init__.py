"""Intervals: Student's t over seeds, the bootstrap over test samples."""
