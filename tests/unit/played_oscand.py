#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that plays its part, for test_job.sh.

    played_oscand.py SOCKET FOLDER

Keeps the last request in FOLDER/request (method, path, headers, body), and
makes FOLDER/listening when a stream of events is open. Jobs:
1 completes in the second stream of events, the first one breaks off; 2 ends in
an error; 3 was cancelled; 4 is answered with HTML; 5 with more than anybody
wants; 6 never ends; 7 is deleted while it is waited for; others are not there.
"""

import http.server
import json
import socketserver
import sys
import threading
import time

streams = 0


def job(number, state, **more):
    return dict({"id": number, "kind": "capture", "name": "vase",
                 "state": state, "settings": {"points": 40},
                 "submitted": "2026-11-21T10:00:00Z", "started": None,
                 "ended": None, "progress": None, "error": None,
                 "result": None, "resumes": 0}, **more)


def progress(number, done):
    return {"phase": "exposing", "done": done, "total": 40,
            "fraction": done / 40, "elapsed_s": 1.5, "eta_s": 100.0}


RESULT = {"project": "vase", "scan": 2, "stored": 40, "lost": 0,
          "warnings": ["the light was off"]}
JOBS = {
    1: job(1, "running", progress=progress(1, 10)),
    2: job(2, "error", error="wanted a camera, found none",
           progress=dict(progress(2, 10), eta_s=6899.0)),
    3: job(3, "cancelled"),
    6: job(6, "running"),
    7: job(7, "paused"),
}


class Daemon(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, code, value, kind="application/json"):
        body = value.encode() if isinstance(value, str) else \
            json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def tell(self, name, value):
        self.wfile.write(f"id: 1\r\nevent: {name}\r\ndata: "
                         f"{json.dumps(value)}\r\n\r\n".encode())
        self.wfile.flush()

    def events(self):
        global streams
        streams += 1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": hello\n\n")
        self.tell("job", job(99, "completed"))
        if streams == 1:
            self.tell("progress", {"id": 1, "progress": progress(1, 20)})
            return
        JOBS[1] = job(1, "completed", result=RESULT)
        self.tell("job", JOBS[1])
        self.tell("deleted", {"id": 7})
        open(sys.argv[2] + "/listening", "w").close()
        while True:
            time.sleep(0.1)
            self.wfile.write(b":\n\n")
            self.wfile.flush()

    def one(self, number):
        if number == 4:
            self.answer(200, "<html>", "text/html")
        elif number == 5:
            self.answer(200, {"id": 5, "name": "x" * (17 << 20)})
        elif number in JOBS:
            self.answer(200, JOBS[number])
        else:
            self.answer(404, {"error": f"there is no job {number}"})

    def handle_one(self):
        length = int(self.headers.get("Content-Length") or 0)
        with open(sys.argv[2] + "/request", "w") as kept:
            kept.write(f"{self.command} {self.path}\n{self.headers}"
                       f"{self.rfile.read(length).decode()}\n")
        path = self.path.strip("/").split("/")
        if path[:2] == ["v1", "events"]:
            self.events()
        elif path[:2] != ["v1", "jobs"]:
            if self.path.startswith("/v1/jobs?"):
                self.answer(200, {"jobs": list(JOBS.values())})
            else:
                self.answer(404, {"error": "there is no such path"})
        elif len(path) == 2 and self.command == "POST":
            self.answer(201, job(1, "pending"))
        elif len(path) == 2:
            self.answer(200, {"jobs": list(JOBS.values())})
        elif self.command == "DELETE":
            self.send_response(204)
            self.end_headers()
        elif path[3:] == ["log"]:
            self.answer(200, {"dropped": 3, "lines": [
                {"time": "2026-11-21T10:00:01Z", "text": "it began"}]})
        else:
            self.one(int(path[2]))

    do_GET = do_POST = do_DELETE = handle_one

    def address_string(self):
        return "here"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class Tcp(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


tcp = Tcp(("127.0.0.1", 0), Daemon)
with open(sys.argv[2] + "/port", "w") as out:
    out.write(str(tcp.server_address[1]))
threading.Thread(target=tcp.serve_forever, daemon=True).start()
Server(sys.argv[1], Daemon).serve_forever()
