"""What this installation is: code and schema, and the register in force."""

import hashlib
import re
from functools import cache
from importlib.metadata import version

from tiendo.settings import INCLUDE, PROJECT
from tiendo.warehouse.migrate import known_versions

_LEFT = re.compile(r"^\.(?!airflowignore$)|^__pycache__$|\.egg-info$|~$")


def release(plan_code: str, register_sha256: str) -> str:
    """Returns it in a line, code and register by the beginnings of their hashes."""
    code, schema = f"{version('tiendo')} (code {code_sha256()[:12]})", known_versions()[-1]
    return f"tiendo {code}, schema {schema}, register {plan_code} {register_sha256[:12]}"


@cache
def code_sha256() -> str:
    """Returns a hash of all that is run but the packages: two machines with the same one do the same.

    Of the files of ``plugins/``, ``dags/`` and ``include/`` by name and bytes, the plans' registers aside, and what
    editors and installers leave beside them.
    """
    found = hashlib.sha256()
    for name, room in (("plugins", PROJECT / "plugins"), ("dags", PROJECT / "dags"), ("include", INCLUDE)):
        for path in sorted(room.rglob("*")):
            place = path.relative_to(room)
            if place.parts[0] != "plans" and not any(map(_LEFT.search, place.parts)) and path.is_file():
                sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
                found.update(f"{name}/{place.as_posix()}\0{sha256}\n".encode())
    return found.hexdigest()
