#!/usr/bin/env python3
"""A notebook: how many 1 GiB pages can be had of added memory? Cells begin with `# %%` (Jupyter by jupytext, Spyder, VS Code).

    analysis/python/notebooks/huge_pages.py [FOLDER]      sweeps the study into FOLDER (default: results/huge-pages) unless it is there
"""

# %% [markdown]
# # 1 GiB pages of added memory
# A memmap in the head of a memory block cannot be moved. So no page of 1 GiB can be had across a head. How many are left, by the
# size of a memory block? This does the study `huge-pages` again, from the sweep to the figure.

# %%
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import mhpsim

tree = pathlib.Path(__file__).resolve().parents[3]
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path("results/huge-pages")

# %% [markdown]
# ## The sweep: 160 runs, some seconds

# %%
if not (folder / "study.h5").exists():
    for command in (["sweep", tree / "configs/studies/huge-pages.toml", "-o", folder, "--no-progress"], ["collect", folder]):
        subprocess.run([mhpsim.program(), *map(str, command)], check=True, stdout=subprocess.DEVNULL)
study = mhpsim.open_study(folder)
print(study.attrs["doc"])

# %% [markdown]
# ## A clean machine, memory online in a kernel zone
# Axes are chosen by their words; quantities may be written as in a scenario.

# %%
clean = dict(boot_memory="clean", zone="online_kernel", gigantic_pages_from_movable="false")
pages = study.select(**clean).gigantic_pages_possible
for block in pages.memory_block_size.values:
    row = [int(pages.sel(memory_block_size=block, memmap_placement=p)) for p in mhpsim.style.PLACEMENTS]
    print(f"| {mhpsim.size(int(block))} | {row[0]} | {row[1]} |")

# %% [markdown]
# With the memmap in the range each block costs one page, the one in which its head lies: as many are left as 64 less the number of
# blocks, and none where a block is not above 1 GiB.

# %%
GIB = mhpsim.words.GIB
blocks = 64 * GIB // pages.memory_block_size
law = (64 - blocks).clip(min=0)
assert (pages.sel(memmap_placement="hotplugged_range") == law).all()
assert (pages.sel(memmap_placement="boot_memory") == 64).all()

# %% [markdown]
# ## ZONE_MOVABLE gives none before 7.1

# %%
movable = study.select(boot_memory="clean", zone="online_movable", memory_block_size="2GiB").gigantic_pages_possible
print(movable.to_pandas())
assert (movable.sel(gigantic_pages_from_movable="false") == 0).all()

# %%
figure = mhpsim.figures.lines(study, "gigantic_pages_possible", "memory_block_size", **clean)
mhpsim.style.save(figure, folder / "huge-pages.svg")
figure = mhpsim.figures.heat_map(study, "gigantic_pages_possible", "memory_block_size", "memmap_placement", **clean)
mhpsim.style.save(figure, folder / "huge-pages-cells.svg")
