#!/usr/bin/env python3
"""A notebook: what does the next kernel buy? Cells begin with `# %%` (Jupyter by jupytext, Spyder, VS Code).

    analysis/python/notebooks/upgrade.py [FOLDER]      sweeps the study into FOLDER (default: results/upgrade) unless it is there
"""

# %% [markdown]
# # What does the next kernel buy?
# Five things that people do with hot-added memory, under every kernel profile and in both placements. This does the study `upgrade`
# again, and then looks into one of its runs.

# %%
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mhpsim

tree = pathlib.Path(__file__).resolve().parents[3]
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path("results/upgrade")

# %% [markdown]
# ## The sweep: 130 runs, some seconds; their files are kept

# %%
if not (folder / "study.h5").exists():
    sweep = ["sweep", tree / "configs/studies/upgrade.toml", "-o", folder, "--no-progress", "--keep-runs", "*"]
    for command in (sweep, ["collect", folder]):
        subprocess.run([mhpsim.program(), *map(str, command)], check=True, stdout=subprocess.DEVNULL)
study = mhpsim.open_study(folder)

# %% [markdown]
# ## A server gets 512 GiB
# The cases are zipped: `machine`, `size` and others share the dimension `point`, so a case is chosen by its position.

# %%
server = study.results.time_to_usable.isel(point=0)
for kernel in server.profile.values:
    cells = [mhpsim.duration(float(server.sel(profile=kernel, memmap_placement=p))) for p in mhpsim.style.PLACEMENTS]
    print(f"| {kernel} | {cells[0]} | {cells[1]} |")

# %% [markdown]
# 7.4 counts the online pages of a zone, so nobody walks it for each block any more, and both placements gain.

# %%
assert (server.sel(profile="7.4") < server.sel(profile="7.3")).all()
kernels, placements = server.sizes["profile"], server.sizes["memmap_placement"]
assert server.shape == (kernels, placements) or server.T.shape == (kernels, placements)

# %% [markdown]
# ## Where the time goes in 6.12: two runs, opened and held against each other

# %%
runs = [mhpsim.open_run(study.run_file(study.runs.run_id.isel(point=0).sel(profile="6.12", memmap_placement=p)))
        for p in mhpsim.style.PLACEMENTS]
why = mhpsim.explain(runs[0].path, runs[1].path)
difference = runs[1].value("time_to_usable") - runs[0].value("time_to_usable")
assert why.time.sum() == difference, "the mechanisms add up to the difference"
print(why.head(3)[["kind", "phase", "name", "time"]])

# %%
mhpsim.style.save(mhpsim.figures.waterfall(*runs), folder / "why.svg")
mhpsim.style.save(mhpsim.figures.memory(runs[0]), folder / "memory.svg")
mhpsim.style.save(mhpsim.figures.hot_add(runs[0]), folder / "hot-add.svg")
