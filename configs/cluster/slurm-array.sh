#!/bin/sh
# One shard of a study for each task of a Slurm job array, on as many machines as Slurm gives:
#
#   sbatch --array=1-16 configs/cluster/slurm-array.sh STUDY DIR
#   mhpsim collect DIR                                             # when the array is done
#
# DIR lies on a file system that all machines see. A task that was killed or ran out of time goes on where it was: submit
# the same array again. Runs finished by other tasks are never simulated twice. Each shard should have minutes of work.
# A site's options (partition, account, time) go before the script's name. MHPSIM names the program if it is not in PATH.
#
#SBATCH --job-name=mhpsim
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
set -eu
exec "${MHPSIM:-mhpsim}" sweep "$1" -o "$2" --resume --keep-going --no-progress
