"""From a file that arrived to its archived bytes, ledger entry and rows as typed."""
