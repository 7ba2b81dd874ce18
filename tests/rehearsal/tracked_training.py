"""A training as a data scientist of a team would write it, run in a pod of the team with nothing but what it finds
there; the test that starts it reads what it prints."""

import hashlib
import json
import pathlib
import sys

import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

features, kinds = load_wine(return_X_y=True)
seen, unseen, known, asked = train_test_split(features, kinds, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(seen, known)

mlflow.set_experiment("wine")
with mlflow.start_run() as run:
    mlflow.log_metric("accuracy", model.score(unseen, asked))
    logged = mlflow.sklearn.log_model(model, name="model", registered_model_name="wine")
client = mlflow.MlflowClient()
client.set_registered_model_alias("wine", "champion", logged.registered_model_version)

fetched = pathlib.Path(mlflow.artifacts.download_artifacts("models:/wine@champion"))
again = mlflow.sklearn.load_model(str(fetched))
digests = {
    path.relative_to(fetched).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in fetched.rglob("*")
    # The client adds this one when it fetches.
    if path.is_file() and path.name != "registered_model_meta"
}
report = {
    "run": run.info.run_id,
    "version": client.get_model_version_by_alias("wine", "champion").version,
    "model": logged.model_id,
    "accuracy": client.get_run(run.info.run_id).data.metrics["accuracy"],
    "predicts_the_same": bool((again.predict(unseen) == model.predict(unseen)).all()),
    "digests": digests,
}
sys.stdout.write(json.dumps(report) + "\n")
