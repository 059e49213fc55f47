"""What operations does by hand: a file read once more, the quarantine, and the audit row each such act leaves."""
