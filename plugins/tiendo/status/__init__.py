"""What stands where: pure functions from register and observations to status, margin and sentence."""
