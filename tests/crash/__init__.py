"""A package, so that fixtures of package scope, and what they patch, end with these tests."""
