"""Make an environment with Ray that borrows all other packages: python tests/ray/environment.py FOLDER

Run it with the Python of the environment to borrow from.
"""

import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent


def make(folder: Path) -> None:
    """Make the environment, in the place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder)
    python = folder.absolute() / "bin" / "python"
    borrowed = sysconfig.get_path("purelib")
    own = sysconfig.get_path("purelib", vars={"base": str(folder.absolute())})
    Path(own, "borrowed.pth").write_text(f"import site; site.addsitedir({borrowed!r})\n")
    command = folder / "bin" / "mcsearch"
    _, _, script = Path(sys.executable).with_name("mcsearch").read_text().partition("\n")
    command.write_text(f"#!{python}\n{script}")
    command.chmod(0o755)
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    constraint = str(REPOSITORY / "constraints.txt")
    subprocess.run([*pip, "install", "--quiet", "--constraint", constraint, *extras["ray"]], check=True)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
