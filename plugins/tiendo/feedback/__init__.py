"""Answers to senders, in Vietnamese."""
