"""Backup and drill of the registry, run as the component deploys them: PostgreSQL and SeaweedFS from the images that
the platform runs, the steps of both pods with the commands and files of their manifests."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES
from controllers.database_backup import FEWEST_KEPT
from rehearsal.images import ImageStore, needed_tools
from rehearsal.places import cache_directory
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.components.pods import containers, pods
from tests.components.test_feature_store import feature_store, files
from tests.images.runtime import Runtime, runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.components.recorded import Recording

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.data,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("containerd"), reason="needs root and containerd"),
]

USED = [IMAGES[name].tagged for name in ("postgres", "seaweedfs", "feast")]
HERE = {"postgres.feature-store.svc": "127.0.0.1", "//s3:": "//127.0.0.1:"}
"""Names of the cluster's DNS, and where they lead here."""
ROWS = 5000
FILL = """
CREATE TABLE views (name text PRIMARY KEY, spec bytea NOT NULL, changed timestamptz DEFAULT now());
CREATE TABLE "Odd name" (id serial PRIMARY KEY, said text);
CREATE TABLE empty (id int);
CREATE TABLE runs (status varchar(9) CHECK (status IN ('RUNNING', 'FINISHED')));
INSERT INTO views SELECT 'view-' || n, decode(md5(n::text), 'hex') FROM generate_series(1, 5000) n;
INSERT INTO "Odd name" (said) VALUES (E'a tab\\t, a \\\\. and\\na line'), (NULL), ('ümläut'), (E'\\\\.');
CREATE INDEX ON views (changed);
"""
BUCKET = """
import json, sys, boto3
s3 = boto3.client("s3", endpoint_url="http://127.0.0.1:8333", region_name="us-east-1",
                  aws_access_key_id="admin", aws_secret_access_key="admin-key")
"""


class Cluster:
    """Both stores, and what runs a pod of the feature store beside them."""

    def __init__(self, node: Runtime, directory: Path, recording: Recording) -> None:
        self._node, self._directory, self._recording = node, directory, recording

    def start(self) -> None:
        """Start the stores with the passwords that the component gave them."""
        password = self._files("password", files(self._recording, "registry"))
        database = {"POSTGRES_USER": "feast", "POSTGRES_DB": "feast", "POSTGRES_PASSWORD_FILE": "/password/password"}
        self.postgres = self._node.start(
            IMAGES["postgres"].tagged,
            *("docker-entrypoint.sh", "postgres"),
            environment=database,
            volumes={"/var/lib/postgresql": 999, "/var/run/postgresql": 999},
            binds={"/password": password},
        )
        rights = ("Read", "Write", "List", "Tagging")
        folder = "artifacts/backups/feature-store/*"
        known = [
            _identity("admin", "admin-key", ["Admin"]),
            _identity("feature-backups", "backup-key", [f"{right}:{folder}" for right in rights]),
        ]
        identities = self._files("s3", {"s3.json": json.dumps({"identities": known})})
        options = ("-dir=/data", "-ip=127.0.0.1", "-s3", "-s3.config=/s3/s3.json", "-volume.max=0")
        server = self._node.start(
            IMAGES["seaweedfs"].tagged,
            *("weed", "server", *options, "-master.volumeSizeLimitMB=64"),
            volumes={"/data": 1000},
            binds={"/s3": identities},
        )
        self._node.wait(
            server, "echo s3.bucket.create -name artifacts | weed shell -master=127.0.0.1:9333 | grep artifacts"
        )
        self._node.wait(self.postgres, "pg_isready --host=127.0.0.1 --username=feast")
        self.sql(FILL)

    def sql(self, statements: str) -> str:
        """Run statements in the registry's database."""
        quoted = statements.replace("'", "'\\''")
        query = "psql --set=ON_ERROR_STOP=1 --no-align --tuples-only --username=feast feast"
        return self._node.execute(self.postgres, f"printf %s '{quoted}' | {query}")

    def bucket(self, program: str, *arguments: str) -> Any:
        """Run a program with `s3`, an administrator's client; what it prints, read as JSON."""
        said = self._node.run(IMAGES["feast"].tagged, "python", "-c", BUCKET + program, *arguments)
        return json.loads(said)

    def run(self, cron_job: str, *, succeeds: bool = True) -> str:
        """Run the steps of a CronJob's pod one after another; what the last one says."""
        template = dict(pods(self._recording))[cron_job]
        work = self._directory / f"work-{len(list(self._directory.iterdir()))}"
        work.mkdir()
        # This runtime starts each container as its image's own user, not all as the pod's.
        work.chmod(0o777)
        volumes = {each["name"]: self._volume(each, work) for each in template["spec"]["volumes"]}
        steps = containers(template)
        said = ""
        for step in steps:
            mounts = {m["mountPath"]: volumes[m["name"]] for m in step["volumeMounts"] if m["name"] != "tmp"}
            said = self._node.run(
                step["image"],
                *step["command"],
                environment={each["name"]: here(each["value"]) for each in step.get("env", [])},
                binds=mounts,
                succeeds=succeeds or step is not steps[-1],
            )
        return said

    def drill(self, *, succeeds: bool) -> Any:
        """The report of a drill, which is the last line of what it says."""
        return json.loads(self.run("registry-drill", succeeds=succeeds).splitlines()[-1])

    def _volume(self, volume: dict[str, Any], work: Path) -> Path:
        if "secret" in volume:
            # The names that the provider gives are not known to a recording: each is found by what it is for.
            made = {"credentials": "backups", "service": "registry-service"}[volume["name"]]
            return self._files(volume["name"], files(self._recording, made))
        if "configMap" in volume:
            configuration = self._recording.of_kind("ConfigMap")[volume["configMap"]["name"]]
            return self._files(volume["name"], configuration.inputs["data"])
        return work

    def _files(self, name: str, content: Mapping[str, str]) -> Path:
        directory = self._directory / f"files-{name}"
        directory.mkdir(exist_ok=True)
        for file, text in content.items():
            (directory / file).write_text(here(text))
        return directory


def here(text: str) -> str:
    """A text with the names of the cluster's services replaced."""
    for name, address in HERE.items():
        text = text.replace(name, address)
    return text


def _identity(name: str, secret: str, actions: list[str]) -> dict[str, Any]:
    return {"name": name, "credentials": [{"accessKey": name, "secretKey": secret}], "actions": actions}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A registry with something in it, and a bucket."""
    tools = Toolchain.default().ensure(needed_tools(USED), Silent())
    directory = tmp_path_factory.mktemp("node")
    try:
        with runtime(directory) as node:
            ImageStore(cache_directory() / "images", tools).import_into(node.ctr, USED, Silent())
            stores = directory / "stores"
            stores.mkdir()
            started = Cluster(node, stores, feature_store())
            started.start()
            yield started
    finally:
        shutil.rmtree(directory)


NEWEST = """
keys = [each["Key"] for each in s3.list_objects_v2(Bucket="artifacts", Prefix="backups/")["Contents"]]
folder = max(keys).rpartition("/")[0]
"""
READ = """
dump = s3.get_object(Bucket="artifacts", Key=folder + "/dump.sql.gz")["Body"].read()
manifest = json.loads(s3.get_object(Bucket="artifacts", Key=folder + "/manifest.json")["Body"].read())
"""
FLIP_A_BYTE = """
middle = len(dump) // 2
dump = dump[:middle] + bytes([dump[middle] ^ 1]) + dump[middle + 1:]
s3.put_object(Bucket="artifacts", Key=folder + "/dump.sql.gz", Body=dump)
print("null")
"""
TAKE_A_ROW = """
import gzip, hashlib
lines = gzip.decompress(dump).splitlines(keepends=True)
dump = gzip.compress(b"".join(line for line in lines if not line.startswith(b"view-77\\t")))
manifest.update(sha256=hashlib.sha256(dump).hexdigest(), bytes=len(dump))
s3.put_object(Bucket="artifacts", Key=folder + "/dump.sql.gz", Body=dump)
s3.put_object(Bucket="artifacts", Key=folder + "/manifest.json", Body=json.dumps(manifest).encode())
print("null")
"""


def test_a_backup_is_restored_row_by_row_as_it_was(cluster: Cluster) -> None:
    cluster.run("registry-backup")
    report = cluster.drill(succeeds=True)
    assert report["wrong"] == []
    assert {each["table"]: each["restored"] for each in report["tables"]} == {
        "public.views": ROWS,
        'public."Odd name"': 4,
        "public.empty": 0,
        "public.runs": 0,
    }
    assert set(report["seconds"]) == {"fetch", "restore", "read_back"}
    manifest = cluster.bucket(f"{NEWEST}{READ}print(json.dumps(manifest))")
    assert manifest["tables"]["public.views"]["rows"] == int(cluster.sql("SELECT count(*) FROM views"))


@pytest.mark.parametrize(
    ("damage", "found"),
    [(FLIP_A_BYTE, "has the digest"), (TAKE_A_ROW, "public.views: 5000 rows")],
    ids=["a byte", "a row, and a manifest that has the new digest"],
)
def test_a_backup_that_was_changed_in_the_bucket_is_found(cluster: Cluster, damage: str, found: str) -> None:
    cluster.run("registry-backup")
    cluster.bucket(f"{NEWEST}{READ}{damage}")
    report = cluster.drill(succeeds=False)
    (wrong,) = report["wrong"]
    assert found in wrong
    assert report["backup"] == cluster.bucket(f"{NEWEST}print(json.dumps(folder.split('/')[3]))")


def test_old_backups_are_removed_and_the_newest_stay_however_old(cluster: Cluster) -> None:
    held = gzip.compress(b"-- PostgreSQL database dump complete\n")
    digest = hashlib.sha256(held).hexdigest()
    plant = f"""
for day in range(1, 6):
    for file in ("dump.sql.gz", "manifest.json"):
        s3.put_object(Bucket="artifacts", Key=f"backups/feature-store/registry/2020-01-0{{day}}T00-00-00Z/{{file}}",
                      Body={json.dumps({"sha256": digest})!r}.encode())
print("null")
"""
    cluster.bucket(plant)
    cluster.run("registry-backup")
    names = "print(json.dumps(sorted({key.split('/')[3] for key in keys})))"
    kept = cluster.bucket(NEWEST + names)
    assert len(kept) >= FEWEST_KEPT
    assert not [name for name in kept[:-FEWEST_KEPT] if name.startswith("2020")]
