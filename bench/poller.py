"""The baseline of the benchmarks: a poller, as farms usually have one.

Every few seconds it lists the pods and the StatefulSets of the given namespaces, looks for a pod that waits for an image
it cannot get, sets the StatefulSet's image back to the declared one and deletes the stuck pod. It is written to be a
good poller: one connection that stays open, a fixed rate, and it acts in the middle of a sweep as soon as it sees
something. Standard library only.
"""

import argparse
import base64
import http.client
import json
import ssl
import tempfile
import time
import urllib.parse

TERMINAL = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName"}
PAUSED = "medic/paused"
EXPECTED_IMAGE = "medic/expected-image"


class Api:
    """One kept-alive connection to the API server of a kubeconfig that is JSON with credentials inside."""

    def __init__(self, kubeconfig):
        with open(kubeconfig, encoding="utf8") as file:
            config = json.load(file)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.host = urllib.parse.urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.tls = ssl.create_default_context(cadata=authority)
        # The ssl module reads a client's certificate from a file only.
        with tempfile.NamedTemporaryFile(suffix=".pem") as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]))
            pair.write(base64.b64decode(user["client-key-data"]))
            pair.flush()
            self.tls.load_cert_chain(pair.name)
        self.connection = None

    def call(self, method, path, body=None, content_type="application/json"):
        headers = {"User-Agent": "bench-poller/1", "Content-Type": content_type}
        payload = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection(
                    self.host.hostname, self.host.port, context=self.tls, timeout=30
                )
            try:
                self.connection.request(method, path, payload, headers)
                answer = self.connection.getresponse()
                text = answer.read()
                return answer.status, json.loads(text)
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = None
                # A read may be asked again; whether a write took effect, nobody knows.
                if attempt == 2 or method != "GET":
                    raise

    def get(self, path):
        status, answer = self.call("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status}")
        return answer


def say(**facts):
    print(json.dumps(facts), flush=True)


def is_stuck(pod):
    statuses = pod.get("status", {}).get("containerStatuses", [])
    return any(status.get("state", {}).get("waiting", {}).get("reason") in TERMINAL for status in statuses)


def owner_of(pod):
    owners = pod["metadata"].get("ownerReferences", [])
    return next((owner["name"] for owner in owners if owner["kind"] == "StatefulSet"), None)


def repair(api, namespace, stateful_set, pod):
    """Sets the image back, waits for the new revision, deletes the stuck pod."""
    name, path = stateful_set["metadata"]["name"], sets_path(namespace)
    expected = stateful_set["metadata"]["annotations"][EXPECTED_IMAGE]
    patch = [
        {"op": "test", "path": "/metadata/uid", "value": stateful_set["metadata"]["uid"]},
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": expected},
    ]
    status, _ = api.call("PATCH", f"{path}/{name}", patch, "application/json-patch+json")
    say(event="repair", namespace=namespace, statefulSet=name, status=status, at=time.time())
    old = pod["metadata"]["labels"].get("controller-revision-hash")
    for _ in range(100):
        if api.get(f"{path}/{name}").get("status", {}).get("updateRevision") != old:
            break
        time.sleep(0.02)
    api.call(
        "DELETE",
        f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}",
        {"preconditions": {"uid": pod["metadata"]["uid"]}},
    )


def sets_path(namespace):
    return f"/apis/apps/v1/namespaces/{namespace}/statefulsets"


def sweep(api, namespaces, own):
    for namespace in namespaces:
        pods = api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
        sets = {item["metadata"]["name"]: item for item in api.get(sets_path(namespace))["items"]}
        for pod in filter(is_stuck, pods):
            stateful_set = sets.get(owner_of(pod))
            if stateful_set is None:
                continue
            annotations = stateful_set["metadata"].get("annotations", {})
            image = stateful_set["spec"]["template"]["spec"]["containers"][0]["image"]
            if annotations.get(PAUSED) == own and annotations.get(EXPECTED_IMAGE) not in (None, image):
                repair(api, namespace, stateful_set, pod)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kubeconfig", required=True, help="a JSON kubeconfig with its credentials inside")
    parser.add_argument("--namespaces", required=True, help="comma-separated")
    parser.add_argument("--seconds", type=float, default=5, help="from the start of a sweep to the next")
    parser.add_argument("--own", required=True, help=f"it repairs only what says this in {PAUSED}")
    options = parser.parse_args()
    api = Api(options.kubeconfig)
    namespaces = options.namespaces.split(",")
    due = time.monotonic()
    while True:
        begin = time.monotonic()
        try:
            sweep(api, namespaces, options.own)
            say(event="sweep", seconds=round(time.monotonic() - begin, 3))
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            say(event="failed", error=str(error))
        due = max(due + options.seconds, time.monotonic())
        time.sleep(max(due - time.monotonic(), 0))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
