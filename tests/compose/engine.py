"""A container engine of the tests' own, Compose, and images that stand in for what only a registry has.

Where DOCKER_HOST names an engine of this machine, or one answers where Docker is by default, that one is used, and what
was made on it is taken away afterwards, images aside. Else root starts one in a temporary folder, beside whatever runs:
it keeps to addresses of its own and sets no rule of the firewall, but one for these where nothing is let through.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fixtures.packages import needs, program
from tiendo.local.processes import Service, Supervisor

STANDINS = Path(__file__).parent / "standins"
IMAGE = "tiendo-test/{}".format
# The first suite of Debian that has Compose 2.
COMPOSE_SUITE = "trixie"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
READY_SECONDS = 120
# How this machine reaches the package registry; what lies on its own disks is not meant.
PIP_SETTINGS = (
    "index-url",
    "extra-index-url",
    "trusted-host",
    "proxy",
    "cert",
    "default-timeout",
    "timeout",
    "retries",
)
ADDRESSES = "10.213.0.0/16"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class NoEngineError(RuntimeError):
    """No engine can be started here."""


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Runs a program to its end and returns what it printed; raises with what it said last."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))[:300]}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.stdout


@contextmanager
def engine() -> Iterator[str]:
    """Yields the address of an engine; skips, with the reason, where there is none and none can be started."""
    with TemporaryDirectory(prefix="tiendo-engine-", ignore_cleanup_errors=True) as folder, ExitStack() as rules:
        supervisor = Supervisor(os.environ, Path(folder))
        try:
            address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
            if not _answers(address):
                address = _start(supervisor, Path(folder))
                rules.enter_context(_let_through())
        except NoEngineError as error:
            if os.environ.get("TIENDO_REQUIRE_SERVICES") == "1":
                raise
            pytest.skip(f"no container engine here: {error}")
        try:
            yield address
        finally:
            supervisor.stop()


def _start(supervisor: Supervisor, folder: Path) -> str:
    if os.geteuid() != 0:
        raise NoEngineError("only root starts one")
    with needs("docker.io"):
        dockerd = program("dockerd")
    address = f"unix://{folder}/socket"
    options = {
        "data-root": f"{folder}/data", "exec-root": f"{folder}/exec", "pidfile": f"{folder}/pid", "host": address,
        "bridge": "none", "iptables": "false", "ip6tables": "false", "log-level": "error",
        "default-address-pool": f"base={ADDRESSES},size=24", "default-ulimit": "nofile=4096:4096",
        "containerd-namespace": "tiendo-test", "containerd-plugins-namespace": "tiendo-test-plugins",
    }  # fmt: skip
    supervisor.start(Service("dockerd", [dockerd, *(f"--{name}={value}" for name, value in options.items())]))
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(address):
        try:
            supervisor.check()
        except RuntimeError as error:
            raise NoEngineError(" ".join(str(error).split())[-500:]) from error
        if time.monotonic() > deadline:
            raise NoEngineError(f"dockerd does not answer after {READY_SECONDS} s")
        time.sleep(0.5)
    return address


@contextmanager
def _let_through() -> Iterator[None]:
    """Lets containers talk to each other on a machine that forwards nothing, as one with another engine on it."""
    try:
        iptables = program("iptables")
    except FileNotFoundError:
        yield
        return
    rule = ["FORWARD", "--source", ADDRESSES, "--destination", ADDRESSES, "--jump", "ACCEPT"]
    is_closed = "-P FORWARD DROP" in run(iptables, "-S", "FORWARD")
    if is_closed:
        run(iptables, "--insert", *rule)
    try:
        yield
    finally:
        if is_closed:
            run(iptables, "--delete", *rule)


def _answers(address: str) -> bool:
    docker = shutil.which("docker")
    command = [docker or "docker", "--host", address, "version"]
    return bool(docker) and not subprocess.run(command, capture_output=True, check=False).returncode


class Docker:
    """The engine's own client."""

    def __init__(self, address: str) -> None:
        self.environment = os.environ | {"DOCKER_HOST": address}

    def __call__(self, *arguments: str | Path) -> str:
        return run(program("docker"), *arguments, environment=self.environment)

    def inspect(self, thing: str, template: str) -> str:
        """Returns one value of a container or image."""
        return self("inspect", "--format", template, thing).strip()


def compose_program(folder: Path) -> Path:
    """Returns Compose 2: the machine's own, or Debian's unpacked into a folder."""
    for place in ("/usr/libexec", "/usr/local/libexec", "/usr/lib", "/usr/local/lib"):
        if (plugin := Path(place, "docker/cli-plugins/docker-compose")).exists():
            return plugin
    sources, lists, cache = folder / "sources", folder / "lists", folder / "cache"
    for path in (sources, lists / "partial", cache / "archives/partial"):
        path.mkdir(parents=True)
    (sources / "compose.list").write_text(f"deb {_mirror()} {COMPOSE_SUITE} main\n")
    where = {
        "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": sources, "Dir::State::Lists": lists,
        "Dir::Cache": cache, "APT::Sandbox::User": "root", "Acquire::Languages": "none",
    }  # fmt: skip
    options = [f"--option={name}={value}" for name, value in where.items()]
    run("apt-get", *options, "--quiet=2", "update")
    run(
        "sh",
        "-c",
        'cd "$1" && shift && exec apt-get "$@"',
        "sh",
        folder,
        *options,
        "--quiet=2",
        "download",
        "docker-compose",
    )
    (package,) = folder.glob("docker-compose_*.deb")
    run("dpkg-deb", "--extract", package, folder / "unpacked")
    return folder / "unpacked/usr/libexec/docker/cli-plugins/docker-compose"


def _suite() -> str:
    found = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)
    if found is None:
        raise FileNotFoundError("this machine is no Debian: there is no VERSION_CODENAME in /etc/os-release")
    return found[1]


def _sources() -> list[Path]:
    """The machine's lists of sources that name its own suite: a third party's name others, beside or with it."""
    folder = Path("/etc/apt")
    lists = [
        folder / "sources.list",
        *sorted(folder.glob("sources.list.d/*.list")),
        *sorted(folder.glob("sources.list.d/*.sources")),
    ]
    is_named = re.compile(rf"^(deb |Suites:)(.*\s)?{_suite()}(\s|$)", re.MULTILINE)
    return [path for path in lists if path.exists() and is_named.search(path.read_text())]


def _mirror() -> str:
    found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+)", _sources()[0].read_text(), re.MULTILINE)
    assert found
    return found[1]


def standins(docker: Docker, folder: Path) -> dict[str, Callable[[], None]]:
    """Makes a base of Debian's packages, and returns what makes the images that stand in for those pinned by name."""
    base = IMAGE(f"base:{_suite()}")
    if not docker("images", "--quiet", base).strip():
        _build_base(docker, base, folder)
    context = folder / "standins"
    shutil.copytree(STANDINS, context)
    shutil.copy(Path(__file__).parents[2] / "docs/nginx.conf", context)
    options = ["--network=host", f"--build-arg=BASE={base}", *(f"--build-arg={n}" for n in PROXIES if n in os.environ)]

    def build(recipe: Path) -> None:
        docker("build", "--quiet", *options, "--tag", IMAGE(recipe.stem), "--file", recipe, context)

    return {recipe.stem: partial(build, recipe) for recipe in sorted(context.glob("*.Dockerfile"))}


def _build_base(docker: Docker, tag: str, folder: Path) -> None:
    with needs("mmdebstrap"):
        mmdebstrap = program("mmdebstrap")
    apt = folder / "99machine"
    dump = run("apt-config", "dump")
    apt.write_text("\n".join(line for line in dump.splitlines() if re.match(r"Acquire::https?::.*\"..*\"", line)))
    # As in Debian's own image: an image whose making was cut off is thrown away.
    quick = folder / "99quick"
    quick.write_text("force-unsafe-io\n")
    hooks = [f"copy-in {apt} /etc/apt/apt.conf.d", f"copy-in {quick} /etc/dpkg/dpkg.cfg.d"]
    if CERTIFICATES.exists():
        hooks.append(f"copy-in {CERTIFICATES} {CERTIFICATES.parent}")
    options = [
        "--quiet",
        "--variant=minbase",
        "--include=ca-certificates",
        *(f"--customize-hook={hook}" for hook in hooks),
    ]
    run(mmdebstrap, *options, _suite(), folder / "base.tar", *_sources())
    changes = [f"--change=ENV PIP_{name}={json.dumps(value)}" for name, value in _pip_settings().items()]
    docker("import", *changes, folder / "base.tar", tag)


def _pip_settings() -> dict[str, str]:
    listed = run(sys.executable, "-m", "pip", "config", "list")
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE)
    kept = {name: " ".join(word for word in value.split() if not word.startswith("file:")) for name, value in found}
    return {name.upper().replace("-", "_"): value for name, value in kept.items() if name in PIP_SETTINGS and value}
