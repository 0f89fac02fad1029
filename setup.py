"""What pyproject.toml cannot say: the documents go into the wheel, for `cnncalc help`."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent


class WithDocuments(build_py):
    """The package, and the documents in it."""

    def run(self) -> None:
        super().run()
        folder = Path(self.build_lib) / "cnncalc" / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        for file in (HERE / "docs").glob("*.md"):
            copyfile(file, folder / file.name)


setup(cmdclass={"build_py": WithDocuments})
