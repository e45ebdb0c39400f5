"""Result files of mhpsim as labelled arrays."""

import functools
import pathlib

import numpy
import xarray

from .words import quantity


def with_words(data):
    """The dataset with the words of its flags in the place of their numbers."""
    for key in data.variables:
        meanings = data[key].attrs.get("flag_meanings")
        if meanings:
            names = numpy.array(meanings.split(" "), dtype=object)
            data[key] = (data[key].dims, names[data[key].values.astype(int)])
    return data


class Opened:
    """A result file: its attributes as `attrs`, its groups as attributes of their own (`.zones`), read when they are asked for."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        with xarray.open_dataset(self.path) as head:
            self.attrs = dict(head.attrs)
        self._groups = {}

    def group(self, name):
        """A group as an xarray.Dataset; OSError or KeyError if the file has none of that name."""
        if name not in self._groups:
            with xarray.open_dataset(self.path, group=name) as data:
                self._groups[name] = with_words(data.load())
        return self._groups[name]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.group(name)
        except (OSError, KeyError) as e:
            raise AttributeError(f"{self.path} has no group '{name}'") from e


class Run(Opened):
    """A run file (docs/results.md): groups zones, buddy, memmap, hotplug, metrics, ledger, provenance, and what else it has."""

    placement = property(lambda self: self.attrs["placement"])
    outcome = property(lambda self: self.attrs["outcome"])

    @functools.cached_property
    def figures(self):
        """Every metric as (value, unit), by its name; by NAME_PHASE where two phases have the name."""
        data = self.metrics
        if "metric" not in data.sizes:
            return {name: (float(v), v.attrs["units"]) for name, v in data.data_vars.items()}
        names = [str(n) for n in data["name"].values]  # files of mhpsim-run/1 have a table
        units = {"pages": "page", "bytes": "byte"}
        return {name if names.count(name) == 1 else f"{name}_{phase}": (float(value), units.get(str(unit), str(unit)))
                for name, phase, value, unit in zip(names, data.phase.values, data.value.values, data.unit.values)}

    def value(self, metric):
        """A metric in its unit; NaN if the run did not get there."""
        try:
            return self.figures[metric][0]
        except KeyError:
            raise KeyError(f"no metric '{metric}'; there are: {', '.join(self.figures)}") from None

    @functools.cached_property
    def page(self):
        """Bytes of a page of the simulated machine."""
        return int(self.attrs.get("page_size", 4096))  # files of mhpsim-run/1 do not say


class Study(Opened):
    """A study file: groups runs, results, and results_ci and compare where it has them."""

    def __init__(self, path):
        super().__init__(path)
        self.folder = self.path.parent

    def group(self, name):
        data = super().group(name)
        return data.isel(replicate=0, drop=True) if data.sizes.get("replicate") == 1 else data

    def select(self, _group="results", **at):
        """The part of a group at these values of axes: words, numbers, or quantities such as "128MiB" and "2ms".

        An axis that shares its dimension with others (zipped or sampled ones) is chosen by its value, too.
        """
        data = self.group(_group)
        for name, value in at.items():
            if name not in data.variables:
                raise KeyError(f"no axis '{name}'; there are: {', '.join(map(str, data.coords))}")
            axis = data[name]
            if not isinstance(value, (int, float)) and axis.dtype.kind in "if":
                value = quantity(value)
            if name in data.dims:
                if value not in axis.values:
                    raise KeyError(f"no {name} {value}; there are: {', '.join(map(str, axis.values))}")
                data = data.sel({name: value})
            else:
                there = numpy.flatnonzero(axis.values == value)
                if there.size == 0:
                    raise KeyError(f"no {name} {value}; there are: {', '.join(sorted({str(v) for v in axis.values}))}")
                data = data.isel({axis.dims[0]: there[0] if there.size == 1 else there})
        return data

    def run_file(self, run_id):
        """Path of the kept file of a run: study files have the 64 bits of an id as a signed number."""
        return self.folder / "runs" / f"{int(run_id) & (2**64 - 1):016x}.h5"

    def open_run(self, **at):
        """The kept run at these values (`mhpsim sweep --keep-runs`)."""
        return Run(self.run_file(self.select("runs", **at).run_id))


def open_run(path):
    """A run file."""
    return Run(path)


def open_runs(folder):
    """The runs of a folder of `mhpsim compare -o` by placement, each a list over its replicates."""
    runs = {}
    for path in sorted(pathlib.Path(folder).glob("*-r*.h5"), key=lambda p: (p.stem.rsplit("-r", 1)[0], int(p.stem.rsplit("-r", 1)[1]))):
        run = Run(path)
        runs.setdefault(run.placement, []).append(run)
    if not runs:
        raise FileNotFoundError(f"{folder} holds no PLACEMENT-rREPLICATE.h5")
    return runs


def open_study(path):
    """A study file, or the one of a sweep's folder."""
    path = pathlib.Path(path)
    return Study(path / "study.h5" if path.is_dir() else path)
