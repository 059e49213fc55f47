"""From bytes to rows as typed, whatever the format; judges nothing."""
