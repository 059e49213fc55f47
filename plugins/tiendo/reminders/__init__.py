"""Who is reminded of what, when, and in which words; each occasion once."""
