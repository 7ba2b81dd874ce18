"""The images, run for real: each does what pods of the platform rely on its upstream image to do."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from rehearsal.images import ImageStore, needed_tools
from rehearsal.images.recipes import RECIPES
from rehearsal.places import cache_directory
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.images.runtime import Runtime, runtime

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("containerd"), reason="needs root and containerd"),
]

IMAGES = {
    name: f"{recipe.repository}:{recipe.version}"
    for recipe in RECIPES.values()
    for name in [recipe.repository.rpartition("/")[2]]
}
HELP = {
    "coredns": ("/coredns", "-version", "CoreDNS-"),
    "kueue": ("/manager", "--help", "-config"),
    "jobset": ("/manager", "--help", "-config"),
    "trainer-controller-manager": ("/manager", "--help", "-config"),
    "operator": ("/manager", "--help", "-reconcile-concurrency"),
    "kserve-controller": ("/manager", "--help", "-metrics-addr"),
    "gateway": ("/usr/local/bin/envoy-gateway", "server", "--help", "--config-path"),
    "envoy": ("/usr/local/bin/envoy", "--version", "RELEASE"),
    "kube-rbac-proxy": ("/usr/local/bin/kube-rbac-proxy", "--help", "--upstream"),
    "prometheus": ("/bin/promtool", "--version", "promtool, version"),
    "alertmanager": ("/bin/alertmanager", "--version", "alertmanager, version"),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A runtime with every image that can be made, from the user's own cache."""
    references = list(IMAGES.values())
    tools = Toolchain.default().ensure(needed_tools(references), Silent())
    directory = tmp_path_factory.mktemp("node")
    try:
        with runtime(directory) as started:
            ImageStore(cache_directory() / "images", tools).import_into(started.ctr, references, Silent())
            yield started
    finally:
        # Not left to pytest, which keeps the directories of its last runs: this one is large.
        shutil.rmtree(directory)


@pytest.mark.parametrize("image", HELP)
def test_a_controller_starts(node: Runtime, image: str) -> None:
    *command, expected = HELP[image]
    assert expected in node.run(IMAGES[image], *command)


def test_our_own_programs_and_the_clients_that_they_import_late_are_in_our_image(node: Runtime) -> None:
    imports = "import boto3, feast; from controllers import bucket_setup, materialisation, wait_for_ports; "
    version = IMAGES["feature-server"].rpartition(":")[2]
    said = node.run(IMAGES["controllers"], "python", "-c", f"{imports}print(feast.__version__)")
    assert said.strip() == version


@pytest.mark.delivery
def test_the_release_controller_and_its_judge_start_in_their_image(node: Runtime) -> None:
    image = IMAGES["release-controller"]
    assert "--metrics-port" in node.run(image, "python3", "-m", "controllers.release", "--help")
    s3 = "import boto3; print(boto3.client('s3', region_name='us-east-1').meta.service_model.service_name)"
    assert node.run(image, "python3", "-c", f"from controllers.release import judge; {s3}").strip() == "s3"


def test_a_pause_container_waits(node: Runtime) -> None:
    node.start(IMAGES["pause"])


@pytest.mark.data
def test_postgres_makes_its_database_from_a_password_file_as_an_ordinary_user(node: Runtime) -> None:
    server = node.start(
        IMAGES["postgres"],
        "sh",
        "-c",
        """printf %s "it's a 'secret\\"" >/tmp/password; exec docker-entrypoint.sh postgres""",
        environment={
            "POSTGRES_USER": "feast",
            "POSTGRES_DB": "registry",
            "POSTGRES_PASSWORD_FILE": "/tmp/password",  # noqa: S108  inside the container
        },
        volumes={"/var/lib/postgresql": 999, "/var/run/postgresql": 999},
    )
    node.wait(server, "pg_isready --host=127.0.0.1")
    query = "psql --no-align --tuples-only --host=127.0.0.1 --username=feast registry --command='select 6 * 7'"
    assert node.execute(server, f'PGPASSWORD="$(cat /tmp/password)" {query}') == "42\n"
    assert "password authentication failed" in node.execute(server, f"PGPASSWORD=other {query} || true")
    assert node.execute(server, "id -u") == "999\n"
    assert node.execute(server, "ls $PGDATA/.initdb || true").endswith("No such file or directory\n")


@pytest.mark.data
def test_postgres_without_a_password_makes_no_database(node: Runtime) -> None:
    with pytest.raises(AssertionError, match="a database without a password is not made"):
        node.run(IMAGES["postgres"])


@pytest.mark.data
def test_valkey_answers_to_its_password_only(node: Runtime) -> None:
    server = node.start(
        IMAGES["valkey"], "valkey-server", "--requirepass", "secret", "--appendonly", "yes", volumes={"/data": 999}
    )
    assert "NOAUTH" in node.wait(server, "valkey-cli ping")
    assert node.execute(server, "VALKEYCLI_AUTH=secret valkey-cli -e set a b") == "OK\n"
    assert node.execute(server, "VALKEYCLI_AUTH=secret valkey-cli get a") == "b\n"
    assert "appendonlydir" in node.execute(server, "ls /data")


@pytest.mark.data
def test_an_object_is_put_into_seaweedfs_and_got_by_the_feast_image(node: Runtime) -> None:
    identity = {"name": "a", "credentials": [{"accessKey": "a", "secretKey": "secret"}], "actions": ["Admin"]}
    script = f"""printf %s '{json.dumps({"identities": [identity]})}' >/tmp/s3.json
        exec weed server -dir=/data -ip=127.0.0.1 -s3 -s3.config=/tmp/s3.json -volume.max=0 -master.volumeSizeLimitMB=64
    """
    server = node.start(IMAGES["seaweedfs"], "sh", "-c", script, volumes={"/data": 1000})
    node.wait(server, "echo s3.bucket.create -name rehearsal | weed shell -master=127.0.0.1:9333 | grep rehearsal")
    program = """
import boto3
client = boto3.client("s3", endpoint_url="http://127.0.0.1:8333", aws_access_key_id="a",
                      aws_secret_access_key="secret", region_name="us-east-1")
client.put_object(Bucket="rehearsal", Key="k", Body=b"content")
print(client.get_object(Bucket="rehearsal", Key="k")["Body"].read())
"""
    assert node.run(IMAGES["feature-server"], "python", "-c", program) == "b'content'\n"


@pytest.mark.data
def test_feast_serves_as_an_ordinary_user_with_compiled_modules(node: Runtime) -> None:
    configuration = "{project: p, provider: local, registry: /tmp/r.db, entity_key_serialization_version: 3}"
    server = node.start(
        IMAGES["feature-server"],
        "sh",
        "-c",
        f"cd /tmp && echo '{configuration}' >feature_store.yaml && feast apply && exec feast serve --host 127.0.0.1",
    )
    check = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:6566/health').status)"
    assert node.wait(server, f'python -c "{check}" 2>/dev/null').endswith("200\n")
    assert node.execute(server, "id -u") == "1001\n"
    compiled = node.execute(server, 'python -c "import feast.feature_store as f; print(f.__cached__)"').strip()
    node.execute(server, f"test -s {compiled}")


@pytest.mark.serving
def test_mlserver_answers_predictions_of_a_scikit_learn_model(node: Runtime) -> None:
    script = """
        mkdir /tmp/models && cd /tmp/models
        python -c '
import joblib
from sklearn.linear_model import LinearRegression
joblib.dump(LinearRegression().fit([[0], [1]], [1, 3]), "model.joblib")'
        echo '{"name": "line", "implementation": "mlserver_sklearn.SKLearnModel",
               "parameters": {"uri": "./model.joblib"}}' >model-settings.json
        echo '{"parallel_workers": 0, "http_port": 5080, "grpc_port": 5081, "metrics_port": 5082}' >settings.json
        exec mlserver start .
    """
    server = node.start(IMAGES["mlserver"], "sh", "-c", script)
    request = {"inputs": [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [3]}]}
    program = f"""
import json, urllib.request as r
body = json.dumps({request}).encode()
ask = r.Request("http://127.0.0.1:5080/v2/models/line/infer", body, dict([("Content-Type", "application/json")]))
print(json.load(r.urlopen(ask))["outputs"][0]["data"])
"""
    answer = node.wait(server, f"python - <<'END' 2>/dev/null\n{program}\nEND\n")
    assert float(answer.strip("[]\n")) == pytest.approx(7)


@pytest.mark.serving
def test_the_storage_initializer_fetches_a_model(node: Runtime) -> None:
    fetched = node.run(
        IMAGES["storage-initializer"],
        "sh",
        "-c",
        "mkdir /tmp/source && echo model >/tmp/source/m"
        " && /storage-initializer/scripts/initializer-entrypoint file:///tmp/source /tmp/models && cat /tmp/models/m",
    )
    assert fetched.endswith("model\n")
