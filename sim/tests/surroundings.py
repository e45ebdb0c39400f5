"""What a test must not depend on."""
import os


def neutral():
    """Takes out of the environment what belongs to a Slurm job or an mpirun around the test, whose variables give a sweep
    its shard, a topology that hwloc is to read in place of the machine's, another folder of what ships, and another language and
    encoding."""
    for name in list(os.environ):
        if name.startswith(("SLURM", "SBATCH_", "OMPI_", "PMI_", "PMIX_", "PRTE_", "HWLOC_", "LC_", "LANG", "MHPSIM_")):
            del os.environ[name]
    os.environ["LC_ALL"] = "C.UTF-8"

