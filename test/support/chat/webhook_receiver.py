"""A receiver of Build Medic's webhook as its documentation describes one: checks the signature and the schema.

Arguments: the JSON Schema's path, the secret. Prints its port, then what it makes of each request, a line of JSON each.
"""

import hashlib
import hmac
import http.server
import json
import sys
import time

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    validator = jsonschema.Draft202012Validator(json.load(file))
secret = sys.argv[2].encode()
known = set()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        sent_at = self.headers["x-medic-timestamp"]
        wanted = "v1=" + hmac.new(secret, sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()
        message = json.loads(body)
        key = self.headers["idempotency-key"]
        print(
            json.dumps(
                {
                    "signed": hmac.compare_digest(wanted, self.headers["x-medic-signature"]),
                    "fresh": abs(time.time() - int(sent_at)) < 300,
                    "problems": [error.message for error in validator.iter_errors(message)],
                    "repeat": key in known,
                    "incident": message["incident"],
                }
            ),
            flush=True,
        )
        known.add(key)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
