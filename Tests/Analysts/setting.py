"""What the checks share: where the programs are, and one world for all of them."""
import functools
import os
import tempfile

from world import World


class Setting:
    repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    guide = os.path.join(repository, "docs", "analysts.md")
    reference = os.path.join(repository, "docs", "database.md")
    metadata = os.path.join(repository, "Config", "datasette", "metadata.yaml")
    binaries = ""
    python = ""  # of a virtual environment that has datasette, pandas and duckdb

    @functools.cached_property
    def folder(self):
        """A new folder that others may pass through: the rights are tried as other users."""
        self._temporary = tempfile.TemporaryDirectory(prefix="banrisk-analysts-", dir="/var/tmp")
        os.chmod(self._temporary.name, 0o755)
        return self._temporary.name

    @functools.cached_property
    def world(self):
        folder = os.path.join(self.folder, "world")
        os.mkdir(folder)
        return World(self.binaries, self.repository, folder)


setting = Setting()
