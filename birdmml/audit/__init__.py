"""Audit: what is wrong with a dataset, generated or real, and where there is headroom for complementarity."""

from __future__ import annotations

from birdmml.audit.audit import ROWS, Audit, audit, audit_page, codes
from birdmml.audit.check import SEVERITIES, Example, Finding

__all__ = ["ROWS", "SEVERITIES", "Audit", "Example", "Finding", "audit", "audit_page", "codes"]
