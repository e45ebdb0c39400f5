"""Fetches a Debian kernel package, with a configuration of apt of its own: the machine's is read, never changed."""

import glob
import os
import re
import subprocess

from errors import Missing

# Where Debian keeps kernels that people run; one that a mirror does not have is passed by.
SUITES = ("bookworm", "bookworm-backports", "trixie", "trixie-backports")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _apt(folder, *command, check=True):
    options = {"Dir::Etc::sourcelist": os.path.join(folder, "sources.list"),
               "Dir::Etc::sourceparts": os.path.join(folder, "no-parts"),
               "Dir::State::Lists": os.path.join(folder, "lists"), "Dir::Cache": os.path.join(folder, "cache"),
               "APT::Architecture": "amd64", "APT::Architectures": "amd64", "APT::Sandbox::User": "root",
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


def newest(names, series):
    """The package with the image of the highest version of a series: linux-binary-* from 6.19 on, before it linux-image-*
    (where there is an unsigned one of the same version it holds the same image)."""
    pattern = re.compile(rf"linux-(image|binary)-({re.escape(series)}\.[0-9][0-9a-z.+~-]*?)-amd64(-unsigned)?")
    found = []
    for name in names:
        match = pattern.fullmatch(name)
        if match and not re.search(r"cloud|rt", match[2]):
            version = [int(number) for number in re.findall(r"\d+", match[2])]
            found.append((match[1] == "binary", version, match[3] is not None, name))
    return max(found)[-1] if found else None


def fetch(series, folder, archive=None, suites=SUITES, say=lambda text: None):
    """The path of the newest package of a series such as 6.12; what is in `folder` already is not fetched again."""
    if not re.fullmatch(r"\d+\.\d+", series):
        raise Missing(f"--fetch takes a series such as 6.12, not {series!r}")
    have = newest([os.path.basename(path).split("_")[0] for path in glob.glob(os.path.join(folder, "*.deb"))], series)
    if not have:
        for name in ("no-parts", "lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        archive = archive or mirror()
        with open(os.path.join(folder, "sources.list"), "w") as file:
            file.writelines(f"deb [signed-by={KEYRING}] {archive} {suite} main\n" for suite in suites)
        say(f"looking for {series} in {', '.join(suites)} of {archive}")
        _apt(folder, "apt-get", "update", check=False)
        names = [line.split()[0] for line in _apt(folder, "apt-cache", "search", "--names-only",
                                                  rf"^linux-(image|binary)-{re.escape(series)}\.").splitlines()]
        have = newest(names, series)
        if not have:
            raise Missing(f"no kernel {series} in {', '.join(suites)}; name others with --suites, or give a package "
                          "with --kernel")
        say(f"fetching {have}")
        _apt(folder, "apt-get", "download", have)
    return max(glob.glob(os.path.join(glob.escape(folder), glob.escape(have) + "_*.deb")), key=os.path.getmtime)
