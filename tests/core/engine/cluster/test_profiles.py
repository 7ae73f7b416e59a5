"""Profiles of clusters: what a person says, and what is handed to a batch system."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from skelseg_core.engine.cluster.profile import bytes_of, load_profile
from skelseg_core.engine.cluster.proof import proof_of, unfit
from skelseg_core.errors import ConfigError, FormatError
from skelseg_core.user_folders import config_folder
from tests.commands import done, mistake

CERTIFICATES = "/home/anna/certificates"
COMMAND = (
    "/opt/env/bin/skelseg cluster worker tls://10.0.0.1:8786 --certificates "
    f"{CERTIFICATES} --jobs 4 --name NAME --memory 16GB --gpus 1 --wait 60"
)
JOBS = f"""
certificates: {CERTIFICATES}
jobs: 20
cores: 4
memory: 16GB
walltime: "12:00:00"
queue: long
account: lab
gpus: 1
host: 10.0.0.1
command: /opt/env/bin/skelseg
"""
SLURM = f"""#!/usr/bin/env bash

#SBATCH -J skelseg
#SBATCH -p long
#SBATCH -A lab
#SBATCH -n 1
#SBATCH --cpus-per-task=4
#SBATCH --mem=15G
#SBATCH -t 12:00:00
#SBATCH --gres=gpu:1

{COMMAND}
"""
PBS = f"""#!/usr/bin/env bash

#PBS -N skelseg
#PBS -q long
#PBS -A lab
#PBS -l select=1:ncpus=4:mem=15GB
#PBS -l walltime=12:00:00

{COMMAND}
"""
SGE = f"""#!/usr/bin/env bash

#$ -N skelseg
#$ -q long
#$ -P lab
#$ -l h_rt=12:00:00
#$ -cwd
#$ -j y

{COMMAND}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("kind", "script"),
    [('slurm\ndirectives: ["--gres=gpu:1"]', SLURM), ("pbs", PBS), ("sge", SGE)],
)
def test_jobs_start_our_worker(tmp_path: Path, kind: str, script: str) -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra 'cluster'")
    path = written(tmp_path, f"kind: {kind}\n{JOBS}")
    assert done("cluster", "show", path) == script


def test_ssh_starts_our_worker_on_each_host(tmp_path: Path) -> None:
    path = written(tmp_path, f"kind: ssh\n{JOBS}\nhosts: [one, two]\n")
    command = COMMAND.replace("--name NAME", "--name {1}")
    line = f"ssh -o BatchMode=yes -- {{0}} '{command}'\n"
    expected = line.format("one", 0) + line.format("two", 1)
    assert done("cluster", "show", path) == expected


def test_a_name_alone_calls_the_skelseg_of_this_environment() -> None:
    pytest.importorskip("dask_jobqueue", reason="needs the extra 'cluster'")
    last = done("cluster", "show", "slurm").splitlines()[-1]
    assert last.startswith(
        f"{Path(sys.executable).with_name('skelseg')} cluster worker tls://SCHEDULER"
    )
    assert f"--certificates {config_folder() / 'certificates'} --jobs 1" in last


def test_the_operator_of_kubernetes_is_given_a_manifest(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "kind: kubernetes\nname: first\nimage: lab/skelseg:1\nvolume: films\n"
        "mount: /films\njobs: 3\ncores: 2\nmemory: 8GB\ngpus: 1\n",
    )
    made = yaml.safe_load(done("cluster", "show", path))
    assert (made["apiVersion"], made["kind"]) == (
        "kubernetes.dask.org/v1",
        "DaskCluster",
    )
    assert made["metadata"] == {"name": "first", "namespace": "default"}
    worker, scheduler = made["spec"]["worker"], made["spec"]["scheduler"]
    assert worker["replicas"] == 3
    (container,) = worker["spec"]["containers"]
    assert " ".join(container["command"]) == (
        "skelseg cluster worker tls://first-scheduler.default:8786 --certificates "
        "/certificates --jobs 2 --name $(DASK_WORKER_NAME) --memory 8GB --gpus 1 "
        "--wait 60"
    )
    asked = {"cpu": "2", "memory": "8000000000", "nvidia.com/gpu": 1}
    assert container["resources"] == {"requests": asked, "limits": asked}
    (container,) = scheduler["spec"]["containers"]
    assert container["command"] == [
        *("skelseg", "cluster", "scheduler", "--certificates", "/certificates")
    ]
    # No port for web pages; who asks whether it is ready opens that of TLS.
    assert [p["containerPort"] for p in container["ports"]] == [8786]
    assert [p["port"] for p in scheduler["service"]["ports"]] == [8786]
    assert container["readinessProbe"]["tcpSocket"] == {"port": "tcp-comm"}
    for pod in (worker, scheduler):
        assert pod["spec"]["volumes"] == [
            {"name": "project", "persistentVolumeClaim": {"claimName": "films"}},
            {
                "name": "certificates",
                "secret": {"secretName": "skelseg-certificates", "defaultMode": 0o400},
            },
        ]


@pytest.mark.parametrize(
    "address", ["tcp://h:1", "ws://h:1", "inproc://x", "http://h:8787", "ucx://h:1"]
)
def test_nothing_but_tls_is_used(tmp_path: Path, address: str) -> None:
    said = mistake("run", tmp_path, "--cluster", address)
    assert said.startswith(f"Error: {address} is not encrypted")
    assert said.endswith("only tls:// is used.")


def test_what_is_no_profile_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no address such as tls://host:8786"):
        load_profile("tls://host")
    with pytest.raises(ConfigError, match="There is no cluster 'slurn'; give an addr"):
        load_profile("slurn")
    with pytest.raises(ConfigError, match="unknown setting 'qeue'"):
        load_profile(str(written(tmp_path, "kind: slurm\nqeue: long")))
    with pytest.raises(ConfigError, match="'much' is no size of memory"):
        load_profile(str(written(tmp_path, "kind: slurm\nmemory: much")))
    # An object of Python is no plain value.
    text = "kind: !!python/object/apply:os.system [true]"
    with pytest.raises(FormatError, match="not a readable YAML file"):
        load_profile(str(written(tmp_path, text)))
    assert mistake("cluster", "show", "tls://h:1").endswith("nothing is started.")


def test_a_worker_is_told_what_it_does_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelseg_core.engine.cluster.proof.SHOWN_S", 0.0)
    assert unfit(proof_of([tmp_path]), "one") == ""
    said = unfit(proof_of([tmp_path / "gone"]), "one")
    assert said.startswith(f"The worker one does not see {tmp_path / 'gone'}; the pro")
    models = replace(proof_of(), models="other")
    assert unfit(models, "one").startswith("The worker one has other bundled models;")


def test_a_profile_of_the_settings_is_found_by_its_name() -> None:
    path = config_folder() / "clusters" / "lab.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("address: tls://lab:8786\nneeds: [{stage: poses, gpus: 1}]")
    profile = load_profile("lab")
    assert (profile.kind, profile.address) == ("scheduler", "tls://lab:8786")
    assert profile.needs[0].resources == {"GPU": 1}
    assert (bytes_of("4GB"), bytes_of("1.5 GiB")) == (4 * 10**9, 3 * 2**29)
