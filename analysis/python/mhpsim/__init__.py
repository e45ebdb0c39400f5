"""Results of mhpsim in Python: open them, choose from them, compare them, draw them.

    import mhpsim

    run = mhpsim.open_run("run.h5")
    run.value("time_to_usable")                       # ns; NaN if the run did not get there
    run.zones.nr_free_pages.sel(zone="Normal")        # an xarray.DataArray over time and node
    mhpsim.figures.memory(run).savefig("memory.svg")

    mhpsim.compare("results")                         # a pandas.DataFrame, with the program's own intervals
    study = mhpsim.open_study("results/unplug")
    study.select(memory_block_size="128MiB", zone="online_movable").removed_bytes

Debian: python3-xarray, python3-netcdf4 or python3-h5netcdf, and python3-matplotlib for the figures. What needs the program
(`compare`, `explain`) takes it from the variable MHPSIM, from the tree that this file lies in, or from PATH.
"""

from . import figures, style, words
from .files import Run, Study, open_run, open_runs, open_study
from .program import compare, explain, program
from .words import duration, quantity, size

__all__ = ["Run", "Study", "compare", "duration", "explain", "figures", "open_run", "open_runs", "open_study", "program",
           "quantity", "size", "style", "words"]
