"""Rules over rows as typed: Great Expectations suites in, findings and observations out."""
