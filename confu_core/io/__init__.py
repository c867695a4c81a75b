"""Files wherever they lie: here, behind a URL or in an archive; written whole or not at all, read with bounds."""
