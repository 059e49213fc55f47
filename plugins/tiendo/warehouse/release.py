"""What this installation is: the versions of code and schema, and the register in force."""

from importlib.metadata import version

from tiendo.warehouse.migrate import known_versions


def release(plan_code: str, register_sha256: str) -> str:
    """Returns it in a line, the register by the beginning of its hash."""
    return f"tiendo {version('tiendo')}, schema {known_versions()[-1]}, register {plan_code} {register_sha256[:12]}"
