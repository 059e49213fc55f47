"""The status of each indicator: pure functions from register and observations to status, margin and sentence."""
