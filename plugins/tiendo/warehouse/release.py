"""What this installation is: code and schema, and the register in force."""

import hashlib
from functools import cache
from importlib.metadata import version

from tiendo.settings import INCLUDE, PROJECT
from tiendo.warehouse.migrate import known_versions


def release(plan_code: str, register_sha256: str) -> str:
    """Returns it in a line, code and register by the beginnings of their hashes."""
    code, schema = f"{version('tiendo')} (code {code_sha256()[:12]})", known_versions()[-1]
    return f"tiendo {code}, schema {schema}, register {plan_code} {register_sha256[:12]}"


@cache
def code_sha256() -> str:
    """Returns a hash of all that is run but the packages: two machines with the same one do the same.

    Of the files of ``plugins/``, ``dags/`` and ``include/`` by name and bytes, the plans' registers aside.
    """
    found = hashlib.sha256()
    for room in (PROJECT / "plugins", PROJECT / "dags", INCLUDE):
        for path in sorted(room.rglob("*")):
            place = path.relative_to(room)
            if path.is_file() and "__pycache__" not in place.parts and place.parts[0] != "plans":
                found.update(
                    f"{room.name}/{place.as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
                )
    return found.hexdigest()
