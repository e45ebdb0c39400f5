#!/usr/bin/env python3
"""The Debian packages, as somebody gets them: made by cpack, installed by apt in a system that has nothing else, used there.

  package_test.py BUILD_FOLDER

Needs root, mmdebstrap and a Debian mirror that apt here knows; where one is missing it is skipped, and says why. What must
hold: the packages install with what Debian has; the program answers as that of the build does, from its own files, also
for a user without rights; manual and completion are where they are looked for; removing the packages removes them."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1]).resolve()
PROGRAM = BUILD / "sim/cli/mhpsim"
SKIPPED = 77
PACKAGES = ("mhpsim", "libmhpsim-dev")


def call(*args, expect=0, **how):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, stdin=subprocess.DEVNULL, **how)
    assert done.returncode == expect, f"{args}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def sources():
    """Debian's own archives that apt here knows, as lines of a sources.list."""
    listed = call("apt-get", "indextargets", "--format", "$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)", "Identifier: Packages")
    lines = {f"deb {site} {release} {component}" for origin, site, release, component in
             (line.split("|") for line in listed.splitlines()) if origin == "Debian"}
    return sorted(lines)


def packages(folder):
    """Made anew, by name."""
    call("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder)
    made = {call("dpkg-deb", "--field", path, "Package").strip(): path for path in folder.glob("*.deb")}
    assert set(made) == set(PACKAGES), made
    return made


def test_fields(made):
    """What a package says of itself, and that nothing in it knows where it was built but the program's last resort."""
    depends = call("dpkg-deb", "--field", made["mhpsim"], "Depends")
    for library in ("libc6", "libstdc++6", "libfmt9", "libhwloc15", "zlib1g"):
        assert library in depends, f"{library} is not in: {depends}"
    hdf5_within = "libhdf5" not in depends
    assert "libjs-vega" in call("dpkg-deb", "--field", made["mhpsim"], "Recommends")
    version = call("dpkg-deb", "--field", made["mhpsim"], "Version").strip()
    assert f"mhpsim (= {version})" in call("dpkg-deb", "--field", made["libmhpsim-dev"], "Depends")
    files = {name: {line.split()[-1].lstrip(".") for line in call("dpkg-deb", "--contents", path).splitlines()}
             for name, path in made.items()}
    for wanted in ("/usr/bin/mhpsim", "/usr/share/man/man1/mhpsim.1.gz", "/usr/share/bash-completion/completions/mhpsim",
                   "/usr/share/zsh/vendor-completions/_mhpsim", "/usr/share/doc/mhpsim/copyright",
                   "/usr/share/doc/mhpsim/changelog.Debian.gz", "/usr/share/mhpsim/configs/scenarios/quickstart.toml"):
        assert wanted in files["mhpsim"], wanted
    for library in ("hdf5", "aec") if hdf5_within else ():
        assert f"/usr/share/doc/mhpsim/copyright.{library}" in files["mhpsim"], f"the terms of {library}"
    assert "/usr/include/mhpsim/mhpsim.hpp" in files["libmhpsim-dev"]
    both = {f for f in files["mhpsim"] & files["libmhpsim-dev"] if not f.endswith("/")}
    assert not both, both


def test_lintian(made):
    """No errors; skipped where Debian's checker is not installed."""
    if shutil.which("lintian") is None:
        print("lintian is not installed: not asked")
        return
    found = subprocess.run(["lintian", "--allow-root", "--tag-display-limit", "0", *made.values()], capture_output=True, text=True)
    errors = [line for line in found.stdout.splitlines() if line.startswith("E:")]
    assert not errors, "\n".join(errors)


class Root:
    """A system in a folder, with nothing in it but apt."""

    def __init__(self, folder, archives):
        self.folder = folder
        release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
        listed = folder.parent / "sources.list"
        listed.write_text("\n".join(archives) + "\n")
        made = subprocess.run(["mmdebstrap", "--mode=root", "--variant=apt", "--quiet", release["VERSION_CODENAME"], str(folder),
                               str(listed)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if made.returncode != 0:
            skip(f"no clean system can be made: {made.stderr.strip().splitlines()[-1:]}")
        for name in ("hosts", "resolv.conf"):
            shutil.copy(f"/etc/{name}", folder / "etc" / name)

    def run(self, script, user="root", expect=0):
        """A shell in it with its own /proc, which goes when the shell ends."""
        inside = f"export HOME=/tmp LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive; unset MHPSIM_DATA; {script}"
        enter = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if user == "nobody" else []
        return call("unshare", "--mount", "--pid", "--fork", "sh", "-c",
                    'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', self.folder, *enter, "bash", "-c", inside, expect=expect)


def test_installed(root, made):
    for path in made.values():
        shutil.copy(path, root.folder / "tmp")
    root.run("apt-get update -qq && apt-get install -y -qq --no-install-recommends man-db bash-completion zsh >/dev/null")
    # minimal systems leave manuals out; ours is to be read
    root.run("rm -f /etc/dpkg/dpkg.cfg.d/*; cd /tmp && apt-get install -y -qq --no-install-recommends ./mhpsim_*.deb >/dev/null")
    assert root.run("cd /tmp && mhpsim compare quickstart", user="nobody") == call(PROGRAM, "compare", "quickstart")
    assert root.run("mhpsim list scenarios") == call(PROGRAM, "list", "scenarios")
    assert json.loads(root.run("mhpsim --version=json"))["data"] == "/usr/share/mhpsim"
    assert root.run("mhpsim verify captures", user="nobody") == call(PROGRAM, "verify", "captures")
    root.run("mhpsim verify growth && mhpsim verify published --samples 0 >/dev/null", user="nobody")
    assert "simulate memory hot-add" in root.run("man mhpsim | cat")
    listed = root.run("cd / && source /usr/share/bash-completion/bash_completion && _completion_loader mhpsim; "
                      "COMP_WORDS=(mhpsim compare quick) COMP_CWORD=2; _mhpsim 2>/dev/null; echo \"${COMPREPLY[*]}\"")
    assert listed.split() == ["quickstart"], listed
    assert root.run("zsh -c 'autoload -Uz compinit && compinit -D -u && echo $_comps[mhpsim]'").strip() == "_mhpsim"
    if "\n  report " in call(PROGRAM, "--help"):
        root.run("cd /tmp && apt-get install -y -qq --no-install-recommends libjs-vega >/dev/null")
        root.run("cd /tmp && mhpsim compare small-guest -o guest >/dev/null && mhpsim report guest -o guest.html", user="nobody")
        assert "<html" in (root.folder / "tmp/guest.html").read_text(encoding="utf-8")
    root.run("cd /tmp && apt-get install -y -qq --simulate ./libmhpsim-dev_*.deb >/dev/null")
    root.run("apt-get purge -y -qq mhpsim >/dev/null")
    left = [p for p in ("usr/bin/mhpsim", "usr/share/mhpsim", "usr/share/doc/mhpsim") if (root.folder / p).exists()]
    assert not left, left


def main():
    if os.geteuid() != 0:
        skip("only root can make a clean system")
    for tool in ("mmdebstrap", "unshare", "cpack", "dpkg-shlibdeps"):
        if shutil.which(tool) is None:
            skip(f"there is no {tool}")
    archives = sources()
    if not archives:
        skip("apt here knows no archive of Debian")
    os.environ.pop("MHPSIM_DATA", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mhpsim-"))
    folder.chmod(0o755)
    try:
        (folder / "packages").mkdir()
        made = packages(folder / "packages")
        test_fields(made)
        test_lintian(made)
        (folder / "root").mkdir()
        test_installed(Root(folder / "root", archives), made)
        print("all held")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
