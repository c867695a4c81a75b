"""The checks: functions under `birdmml.audit.check.check`. To add one, add it to a file of this folder, or a file."""
