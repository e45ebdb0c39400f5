"""Fetches Debian packages of kernels (and firmware), with a configuration of apt of its own: the machine's is read, never
changed, and packages of another architecture do not enter it."""

import glob
import os
import re
import subprocess

from architecture import X86_64
from errors import Missing

# Where Debian keeps kernels that people run; one that a mirror does not have is passed by.
SUITES = ("bookworm", "bookworm-backports", "trixie", "trixie-backports")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def mirror():
    """The archive from which this machine has its own Debian packages."""
    try:
        run = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(ORIGIN)|$(LABEL)",
                              "Identifier: Packages"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        found = [line.split("|")[0] for line in run.stdout.splitlines() if line.split("|")[1:] == ["Debian", "Debian"]]
    except OSError:
        found = []
    if not found:
        raise Missing("this machine's apt knows no Debian archive (apt-get update?); name one with --mirror")
    return found[0]


def newest(names, series, flavours=X86_64.flavours[4096]):
    """The package with the image of the highest version of a series: linux-binary-* from 6.19 on, before it linux-image-*
    (where there is an unsigned one of the same version it holds the same image). Of the flavours the first that is there."""
    for flavour in flavours:
        pattern = re.compile(rf"linux-(image|binary)-({re.escape(series)}\.[0-9][0-9.]*([+~][0-9a-z.+~]*)?(-[0-9]+)?)-"
                             rf"{re.escape(flavour)}(-unsigned)?")
        found = []
        for name in names:
            match = pattern.fullmatch(name)
            if match:
                version = [int(number) for number in re.findall(r"\d+", match[2])]
                found.append((match[1] == "binary", version, match[5] is not None, name))
        if found:
            return max(found)[-1]
    return None


class Archive:
    """Debian's packages of one architecture. What is in `folder` already is not fetched again."""

    def __init__(self, architecture, folder, uri=None, suites=SUITES, say=lambda text: None):
        self._architecture, self._folder, self._uri = architecture, folder, uri
        self._suites, self._say, self._updated = suites, say, False

    def kernel(self, series, page_size=0):
        """The path of the newest package of a series such as 6.12; `page_size` in bytes, 0: 4 KiB."""
        if not re.fullmatch(r"\d+\.\d+", series):
            raise Missing(f"--fetch takes a series such as 6.12, not {series!r}")
        flavours = self._architecture.flavours.get(page_size or 4096)
        if not flavours:
            raise Missing(f"Debian has no kernel of {self._architecture.name} with pages of {page_size} bytes that can be "
                          "recorded; give a package with --kernel")
        have = newest(self._at_hand(), series, flavours)
        if not have:
            self._update()
            listed = self._apt("apt-cache", "search", "--names-only", rf"^linux-(image|binary)-{re.escape(series)}\.")
            have = newest([line.split()[0] for line in listed.splitlines()], series, flavours)
            if not have:
                raise Missing(f"no kernel {series} of {self._architecture.name} in {', '.join(self._suites)}; name others "
                              "with --suites, or give a package with --kernel")
            self._download(have)
        return self._path(have)

    def package(self, name):
        """The path of the newest package of a name."""
        if name not in self._at_hand():
            self._update()
            self._download(name)
        return self._path(name)

    def _at_hand(self):
        return [os.path.basename(path).split("_")[0] for path in glob.glob(os.path.join(glob.escape(self._folder), "*.deb"))]

    def _path(self, name):
        return max(glob.glob(os.path.join(glob.escape(self._folder), glob.escape(name) + "_*.deb")), key=os.path.getmtime)

    def _download(self, name):
        self._say(f"fetching {name}")
        self._apt("apt-get", "download", name)

    def _update(self):
        if self._updated:
            return
        for name in ("no-parts", "lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self._folder, name), exist_ok=True)
        uri = self._uri or mirror()
        with open(os.path.join(self._folder, "sources.list"), "w") as file:
            file.writelines(f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for suite in self._suites)
        self._say(f"looking for packages of {self._architecture.name} in {', '.join(self._suites)} of {uri}")
        self._apt("apt-get", "update", check=False)
        self._updated = True

    def _apt(self, *command, check=True):
        folder, name = self._folder, self._architecture.debian
        options = {"Dir::Etc::sourcelist": os.path.join(folder, "sources.list"),
                   "Dir::Etc::sourceparts": os.path.join(folder, "no-parts"),
                   "Dir::State::Lists": os.path.join(folder, "lists"), "Dir::Cache": os.path.join(folder, "cache"),
                   "APT::Architecture": name, "APT::Architectures": name, "APT::Sandbox::User": "root",
                   "Acquire::Retries": "3", "Acquire::http::Timeout": "30"}
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        try:
            run = subprocess.run([command[0], *words, *command[1:]], capture_output=True, text=True, cwd=folder,
                                 stdin=subprocess.DEVNULL)
        except OSError as error:
            raise Missing(f"{command[0]}: {error.strerror}; without apt, give a package with --kernel") from error
        if check and run.returncode:
            raise Missing(f"{' '.join(command)} failed:\n{run.stderr.strip()}")
        return run.stdout
