"""What bodies owe, by when, and what official letters changed about it."""
