"""What the README gives Debian and Ubuntu to type, typed on the system's own Python, with a wheel in place of the tree.

Each line fetches what the program needs from a package index: minutes, so that `pytest -m fresh_start` asks for them by name.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor import __version__

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_PYTHON = Path("/usr/bin/python3")
SYSTEM_PATH = "/usr/bin:/bin"
FIRST_LINE = "demo: January 2025, a reconstruction bundled with the program; not a live feed"

pytestmark = [
    pytest.mark.fresh_start,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not SYSTEM_PYTHON.exists() or not Path("/etc/debian_version").exists(),
        reason="this is no Debian with a Python of its own",
    ),
]


def documented(tool: str) -> str:
    """The README's line for that tool; what brings the tool itself, as root, is taken off."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^sudo apt install -y {tool} && ([^#\n]+)", readme, flags=re.MULTILINE)
    return str(line).strip()


@dataclass(frozen=True)
class Newcomer:
    """Stands in an empty folder with a wheel."""

    folder: Path
    wheel: Path
    environ: Mapping[str, str]

    def types(self, line: str) -> str:
        """What the line prints; ``.``, the tree, is the wheel here."""
        given = re.sub(r"(?<= )\.(?= |$)", str(self.wheel), line)
        done = subprocess.run(
            ["bash", "-c", given],
            cwd=self.folder,
            env=dict(self.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{given}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the tree."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv, which builds the wheel, is not installed")
    made_in = tmp_path_factory.mktemp("dist")
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", made_in, ROOT], check=True)
    (made,) = made_in.glob("*.whl")
    return made


@pytest.fixture
def newcomer(wheel: Path, tmp_path: Path) -> Newcomer:
    """On the system's own programs, with nothing of what was installed for others."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("MONITOR_", "VIRTUAL_ENV", "UV"))
    }
    places = {
        "PATH": SYSTEM_PATH,
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "UV_PYTHON": str(SYSTEM_PYTHON),
    }
    folder = tmp_path / "here"
    folder.mkdir()
    return Newcomer(folder, wheel, kept | places)


def check_demo(newcomer: Newcomer, said: str) -> None:
    """The demo ran from its first line to its last, and a line of what comes next runs as it was printed."""
    story = said[said.index(FIRST_LINE) :]
    assert "AI agents → Memes" in story
    (following,) = re.findall(r"^ +(\S.* config init)  ", story, flags=re.MULTILINE)
    newcomer.types(following)
    assert (newcomer.folder / "config" / "monitor.toml").exists()


def test_pipx(newcomer: Newcomer) -> None:
    if not Path("/usr/bin/pipx").exists():
        pytest.skip("pipx is not installed (Debian: pipx)")
    line = documented("pipx")
    program = line.removesuffix(" demo")
    assert newcomer.types(f"{program} --version").strip() == f"monitor {__version__}"
    check_demo(newcomer, newcomer.types(line))


def test_an_environment_of_its_own(newcomer: Newcomer) -> None:
    able = subprocess.run(
        [SYSTEM_PYTHON, "-c", "import ensurepip"], capture_output=True, check=False
    )
    if able.returncode:
        pytest.skip("the system's Python makes no environments (Debian: python3-venv)")
    said = newcomer.types(documented("python3-venv"))
    assert newcomer.types(".venv/bin/monitor --version").strip() == f"monitor {__version__}"
    check_demo(newcomer, said)


def test_uv_tool(newcomer: Newcomer) -> None:
    assert "`uv tool install .`" in (ROOT / "README.md").read_text(encoding="utf-8")
    uv = shutil.which("uv", path=os.environ["PATH"])
    assert uv is not None  # it built the wheel
    newcomer.types(f"{uv} tool install .")
    program = newcomer.folder.parent / "bin" / "monitor"
    assert newcomer.types(f"{program} --version").strip() == f"monitor {__version__}"
    check_demo(newcomer, newcomer.types(f"{program} demo"))
