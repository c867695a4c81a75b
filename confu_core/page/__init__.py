"""Pages, drawings and numbers for readers: what reports, audits, previews and cards share."""
