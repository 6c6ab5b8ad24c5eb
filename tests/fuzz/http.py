#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What clients may do to oscand, on the model of the driver.

    http.py [--seconds N] [--seed N] [--daemon PATH] [TESTS...]

Starts out/tests/model/oscand with a synthetic camera, treats it badly and asks
after each time whether it is still there, the same process, and sane. --seconds
is how long random requests go on, 0 if not given. Prints "ok NAME" or "not ok
NAME: WHY" for each test. Exit status 0: all held.
"""

import argparse
import glob
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE = 60
CAMERA = "synthetic:pose=driver,on_demand=yes"
# Motors that were off are off again after a scan, and so not to be trusted.
SETTINGS = {"project": "vase", "trust": True, "points": 3, "camera": CAMERA,
            "width": 64, "height": 48, "min_theta": 85, "max_theta": 95,
            "min_phi": 0, "max_phi": 10}

# Routes with a body, and a right one.
BODIES = {
    ("POST", "/v1/jobs"):
        {"kind": "capture", "settings": SETTINGS, "name": "a vase"},
    ("POST", "/v1/axes/turntable/move"):
        {"to": 1.0, "way": "shortest", "speed": 10, "accel": 10},
    ("POST", "/v1/axes/rotor/set-position"): {"position": 90},
    ("POST", "/v1/axes/rotor/home"): {"towards": "min", "position": 12},
    ("PUT", "/v1/lights/none"): {"percent": 50},
}

# JSON texts, most of which no field may have.
WRONG = ['null', 'true', '-1', '0', '1e308', '-1e308', '1e999', 'NaN',
         '9223372036854775807', '99999999999999999999', '0.5', '""', '"x"',
         '"\\u0000"', '"\\ud800"', '"../../etc/passwd"', '"' + 'A' * 5000 + '"',
         '[]', '[1]', '{}', '{"a": {"a": 1}}', '"\xff"', '"%s%n"']

wrong = []


def must(holds, text):
    if not holds:
        wrong.append(text)
    return holds


def until(condition, text, seconds=DEADLINE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"in {seconds} s not: {text}")


class Daemon:
    """oscand, its folders and its machine."""

    def __init__(self, program):
        self.program = program
        self.work = tempfile.mkdtemp(prefix="oscan-http.")
        self.socket = self.work + "/socket"
        self.process = None
        # The turntable stands at 0, the rotor at 90 degrees.
        self.environment = dict(os.environ,
                                OSCAN_MODEL_STATE=self.work + "/machine",
                                XDG_CONFIG_HOME=self.work)
        self.start()

    def command(self):
        return [self.program, "--socket", self.socket,
                "--state", self.work + "/state",
                "--projects", self.work + "/projects"]

    def start(self):
        self.log = open(self.work + "/log", "ab")
        self.process = subprocess.Popen(self.command(), stdout=self.log,
                                        stderr=self.log,
                                        env=self.environment)
        until(self.answers, "the daemon answers")

    def said(self):
        with open(self.work + "/log", "rb") as log:
            return log.read().decode(errors="replace")[-500:]

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"it ended with {self.process.returncode}: {self.said()}")
        try:
            return self.get("/v1/status")[0] == 200
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
        if not wrong:
            shutil.rmtree(self.work)

    def connect(self, timeout=DEADLINE):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout)
        until(lambda: self.has_room(client), "the daemon takes a client")
        return client

    def has_room(self, client):
        try:
            client.connect(self.socket)
            return True
        except BlockingIOError:
            return False            # its queue is full

    def raw(self, data, timeout=DEADLINE):
        """Send bytes; return all that comes until the other side closes."""
        received = b""
        with self.connect(timeout) as client:
            try:
                client.sendall(data)
            except OSError:
                pass                # it may refuse before it has read all
            try:
                while True:
                    some = client.recv(65536)
                    if not some:
                        break
                    received += some
            except ConnectionError:
                pass
        return received

    def request(self, method, path, body=None, headers=""):
        """Return status and value; a body may be bytes of any kind."""
        if body is None:
            body = b""
        elif not isinstance(body, bytes):
            body = json.dumps(body).encode()
        length = f"Content-Length: {len(body)}\r\n" \
            if body or method in ("POST", "PUT") else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: here\r\n{length}" \
            f"{headers}Connection: close\r\n\r\n"
        return parse(self.raw(head.encode("utf-8", "surrogateescape") + body))

    def get(self, path):
        return self.request("GET", path)

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def jobs(self):
        return self.get("/v1/jobs")[1]["jobs"]

    def job(self, number):
        return self.get(f"/v1/jobs/{number}")[1]

    def submit(self, **settings):
        status, job = self.request("POST", "/v1/jobs", {
            "kind": "capture", "settings": dict(SETTINGS, **settings)})
        assert status == 201, (status, job)
        return job["id"]

    def at_rest(self):
        return all(axis["motion"] == "idle"
                   for axis in self.get("/v1/axes")[1]["axes"])


def parse(data):
    """Of an HTTP answer its status, 0 for none, and the value of its body."""
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        return 0, data
    if b"chunked" in head.lower():
        body = unchunk(body)
    try:
        return int(words[1]), json.loads(body) if body else None
    except ValueError:
        return int(words[1]), body


def unchunk(body):
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        count = int(size or b"0", 16)
        whole += body[:count]
        body = body[count + 2:]
    return whole


def is_refusal(status, value):
    """One sentence, not two lines, and a status that says who is to blame."""
    return 400 <= status < 500 and isinstance(value, dict) and \
        list(value) == ["error"] and isinstance(value["error"], str) and \
        0 < len(value["error"]) < 1000 and "\n" not in value["error"]


def forget_jobs(daemon):
    """What was right after all is ended, so that nothing runs on."""
    for job in daemon.jobs():
        if job["state"] in ("pending", "running", "paused"):
            daemon.request("POST", f"/v1/jobs/{job['id']}/cancel")
    until(lambda: all(job["state"] not in ("pending", "running", "paused")
                      for job in daemon.jobs()), "no job runs")
    for job in daemon.jobs():
        daemon.request("DELETE", f"/v1/jobs/{job['id']}")


# ---- the tests: each gets the daemon; what is wrong goes to wrong ----

def the_right_bodies_are_right(daemon):
    """Else nothing below would be told by what is wrong with it."""
    must(daemon.request("POST", "/v1/jobs", BODIES["POST", "/v1/jobs"])[0]
         == 201, "the right job is refused")
    forget_jobs(daemon)
    path = "/v1/axes/turntable/move"
    must(daemon.request("POST", path, BODIES["POST", path])[0] == 202,
         "the right move is refused")
    until(daemon.at_rest, "at rest")


def mutations(body):
    """Texts with one thing wrong: missing, wrong, unknown, given twice."""
    for name in body:
        yield json.dumps({k: v for k, v in body.items() if k != name})
        rest = json.dumps({k: v for k, v in body.items() if k != name})[1:]
        comma = ", " if rest != "}" else ""
        for text in WRONG:
            yield f'{{"{name}": {text}{comma}{rest}'
        yield f'{{"{name}": {json.dumps(body[name])}, {json.dumps(body)[1:]}'
        yield f'{{"{name}x": 1, {json.dumps(body)[1:]}'
    yield from ("", "{", "[]", "null", "1", '"x"', "{}", "{}x", "\x00",
                "[" * 5000, '{"a":' * 5000, json.dumps(body) + "}")


def each_field_wrong_is_refused_in_one_sentence(daemon):
    count = 0
    for (method, path), body in BODIES.items():
        texts = list(mutations(body))
        if "settings" in body:
            texts += [json.dumps(dict(body, settings=0)).replace(
                '"settings": 0', f'"settings": {text}')
                for text in mutations(body["settings"])]
        for text in texts:
            status, value = daemon.request(method, path,
                                           text.encode("latin-1"))
            right = 200 <= status < 300 and isinstance(value, dict)
            must(right or is_refusal(status, value),
                 f"{method} {path} {text[:80]}: {status} {str(value)[:200]}")
            count += 1
            if right and path == "/v1/jobs":
                forget_jobs(daemon)
    forget_jobs(daemon)
    until(daemon.at_rest, "at rest")
    return f"{count} bodies"


def huge_requests_are_refused(daemon):
    big = b'{"name": "' + b"A" * (2 << 20) + b'"}'
    status, value = daemon.request("POST", "/v1/jobs", big)
    must(is_refusal(status, value) or status == 0, f"2 MiB body: {status}")
    for head in (b"GET /" + b"A" * 100000 + b" HTTP/1.1\r\n\r\n",
                 b"GET /v1/status HTTP/1.1\r\nX: " + b"A" * 1000000 +
                 b"\r\n\r\n",
                 b"GET /v1/status HTTP/1.1\r\n" + b"X: y\r\n" * 100000 +
                 b"\r\n"):
        status = parse(daemon.raw(head))[0]
        must(status == 0 or 400 <= status < 600, f"{head[:30]}: {status}")


def no_path_leads_out(daemon):
    ups = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..%c0%af",
           "%252e%252e%252f", "....//", "%00/", "./", "//"]
    bases = ["/", "/v1/", "/v1/projects/", "/v1/projects/vase/scans/1/photos/",
             "/v1/jobs/", "/v1/axes/", "/v1/lights/"]
    for base in bases:
        for up in ups:
            for end in ("etc/passwd", "etc%2fpasswd", "etc/passwd%00.jpg"):
                status, value = daemon.get(base + up * 8 + end)
                must(status == 0 or is_refusal(status, value),
                     f"{base}{up}...{end}: {status} {str(value)[:100]}")
    for name in ("..", "%2e%2e", ".", "%00", "a%2fb", "con", "%ff", "%zz",
                 "A" * 900):
        for path in (f"/v1/projects/{name}", f"/v1/projects/{name}/zip",
                     f"/v1/projects/{name}/scans/1/photos/x"):
            status, value = daemon.get(path)
            # What is no path at all is refused before it gets to oscand.
            must(is_refusal(status, value) or
                 (name == "%zz" and 400 <= status < 500),
                 f"{path[:60]}: {status}")
        made = dict(BODIES["POST", "/v1/jobs"])
        made["settings"] = dict(SETTINGS, project=name)
        if "/" not in name and "%" not in name:
            daemon.request("POST", "/v1/jobs", made)
    forget_jobs(daemon)
    outside = [path for path in glob.glob(daemon.work + "/*")
               if os.path.basename(path) not in
               ("socket", "state", "projects", "machine", "log", "oscan",
                "flyscan.journal")]
    must(not outside, f"there is {outside}")


def numbers_in_paths_and_queries_are_checked(daemon):
    for text in ("0", "-1", "x", "1x", "99999999999999999999", "1.5", "%31x",
                 "", " "):
        quoted = text.replace(" ", "%20")
        for path in (f"/v1/jobs/{quoted}", f"/v1/jobs/{quoted}/log",
                     f"/v1/projects/vase/scans/{quoted}",
                     f"/v1/events?last={quoted or 'x'}",
                     f"/v1/preview?fps={quoted or 'x'}" if text != "1.5"
                     else "/v1/preview?fps=nan",
                     f"/v1/jobs?state={quoted}", f"/v1/status?x={quoted}"):
            if path == "/v1/jobs/":
                continue
            if path in ("/v1/events?last=0",):
                continue
            status, value = daemon.get(path)
            must(is_refusal(status, value), f"{path}: {status} {value}")


def what_is_not_http_is_closed(daemon):
    for data in (b"\x00" * 1000, b"\xff\xfe\r\n\r\n", b"GET\r\n\r\n",
                 b"GET  HTTP/1.1\r\n\r\n", b"\r\n\r\n\r\n\r\n",
                 b"BREW /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"GET /v1/status HTTP/9.9\r\n\r\n",
                 b"GET v1/status HTTP/1.1\r\n\r\n",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                 b"GET /v1/status HTTP/1.1\r\nHost: x\r\n"
                 b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                 b"Sec-WebSocket-Version: 13\r\n\r\n",
                 b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: -1\r\n\r\n{}",
                 b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 99999999999999999999\r\n\r\n{}",
                 b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                 b"Content-Length: 9\r\n\r\n{}       ",
                 b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n{}\r\n0\r\n\r\n"):
        with daemon.connect() as client:
            client.sendall(data)
            try:
                answer = client.recv(65536)
            except ConnectionError:
                answer = b""
        status = parse(answer)[0] if answer else 0
        must(not 200 <= status < 300 or b"status HTTP" in data,
             f"{data[:40]}: {status}")
        must(daemon.answers(), "it does not answer")
    must(not daemon.jobs(), "a job was made of it")


def slow_and_half_open_clients_hold_nobody_up(daemon):
    before = daemon.files()
    clients = []
    body = json.dumps(BODIES["POST", "/v1/jobs"]).encode()
    for data in (b"", b"G", b"GET /v1/status HTTP/1.1\r\n",
                 b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: %d"
                 b"\r\n\r\n%s" % (len(body) + 1, body),
                 b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n"):
        for _ in range(8):
            client = daemon.connect()
            client.sendall(data)
            clients.append(client)
    # None of them reads, and each of these is asked meanwhile.
    for _ in range(20):
        must(daemon.get("/v1/jobs")[0] == 200, "others are held up")
    must(not daemon.jobs(), "half a request made a job")
    for client in clients[::2]:
        client.close()
    for client in clients[1::2]:
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    until(lambda: daemon.get("/v1/status")[0] == 200, "it answers")
    for client in clients:
        client.close()
    until(lambda: daemon.files() <= before, "their files are closed")


def a_thousand_clients_are_answered_or_refused(daemon):
    before = daemon.files()
    clients = []
    answers = {}
    for number in range(1000):
        client = daemon.connect()
        try:
            # Each third one says nothing, and so stays.
            if number % 3:
                client.sendall(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError:
            pass                    # closed already
        clients.append(client)
    for client in clients[1::3] + clients[2::3]:
        try:
            status = parse(client.recv(65536))[0]
        except OSError:
            status = 0
        answers[status] = answers.get(status, 0) + 1
    must(set(answers) <= {0, 200, 429, 503}, f"{answers}")
    must(answers.get(200, 0) > 100, f"only {answers}")
    for client in clients:
        client.close()
    until(lambda: daemon.get("/v1/status")[0] == 200, "it answers again")
    until(lambda: daemon.files() <= before, "their files are closed")
    return f"{answers}"


def many_may_ask_for_the_same_at_once(daemon):
    """Each path by several clients, over and over."""
    for path in ("/v1/cameras", "/v1/axes", "/v1/lights", "/v1/projects",
                 "/v1/jobs", "/v1/disk"):
        data = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for _ in range(10):
            clients = [daemon.connect() for _ in range(8)]
            for client in clients:
                client.sendall(data)
            for client in clients:
                status = parse(client.recv(65536))[0]
                must(status == 200, f"{path}: {status}")
                client.close()


def two_daemons_do_not_share(daemon):
    for more in ([], ["--socket", daemon.work + "/other"]):
        other = subprocess.run(daemon.command() + more, capture_output=True,
                               text=True, timeout=DEADLINE, check=False,
                               env=daemon.environment)
        said = other.stderr.strip()
        must(other.returncode == 1, f"the second ended with "
             f"{other.returncode}")
        must(said.count("\n") == 0 and said.startswith("oscand: "),
             f"the second said {said}")
    must(daemon.answers(), "the first does not answer")


def photos_of(daemon, project):
    return sorted(os.path.basename(path) for path in
                  glob.glob(f"{daemon.work}/projects/{project}/scan01/*.jpg"))


def journal_of(daemon, project):
    with open(f"{daemon.work}/projects/{project}/scan01/journal.jsonl",
              encoding="utf-8") as journal:
        return [json.loads(line) for line in journal
                if line.endswith("\n")]


def begin_scan(daemon, state, project):
    """Submit one that will be in a state. Return its number and project."""
    settings = {"points": 6, "max_phi": 60, "pause_before_capture_ms": 100,
                "shutter": 100}
    number = daemon.submit(project=project, **settings)
    if state == "pending":          # behind another one
        project += "-2"
        number = daemon.submit(project=project, **settings)
    if state == "paused":
        until(lambda: (daemon.job(number)["progress"] or {}).get("done"),
              "a photo is taken")
        daemon.request("POST", f"/v1/jobs/{number}/pause")
    return number, project


def is_seen_in(daemon, number, state):
    """Wait for a state of a job, or a phase; some are over before one looks."""
    def look():
        job = daemon.job(number)
        phase = (job["progress"] or {}).get("phase")
        return "seen" if state in (job["state"], phase) else \
            job["state"] in ("completed", "error")
    return until(look, f"{state}; it is {daemon.job(number)}") == "seen"


def must_be_completed(daemon, state, number):
    job = daemon.job(number)
    if job["state"] != "completed":
        must(job["state"] == "interrupted" and job["error"],
             f"{state}: it is {job['state']} after the kill")
        until(daemon.at_rest, "at rest")
        status, value = daemon.request("POST", f"/v1/jobs/{number}/resume")
        must(status == 202, f"{state}: resume: {status} {value}")
    until(lambda: daemon.job(number)["state"] not in ("pending", "running"),
          "it ends")
    job = daemon.job(number)
    must(job["state"] == "completed", f"{state}: {job['state']}, "
         f"{job['error']}")


def scan_killed_in(daemon, state, project):
    """Return false if it was not to be caught in that state."""
    number, project = begin_scan(daemon, state, project)
    if not is_seen_in(daemon, number, state):
        return False
    daemon.kill()
    photos = photos_of(daemon, project)
    daemon.start()
    must_be_completed(daemon, state, number)
    after = photos_of(daemon, project)
    must(len(after) == 6 and set(photos) <= set(after),
         f"{state}: photos {photos} and then {after}")
    entries = [entry["photo"] for entry in journal_of(daemon, project)]
    must(len(entries) == 6 == len(set(entries)),
         f"{state}: journal {entries}")
    return True


# Of these one can be sure; in others it is for a moment only.
SHORT_STATES = ["move", "paused"]
ALL_STATES = ["pending", "check", "prepare", "move", "settle", "expose",
              "paused", "drain", "park"]
ATTEMPTS = 10


def a_scan_that_was_killed_is_completed(daemon, states=None):
    missed = []
    for state in states or SHORT_STATES:
        for attempt in range(ATTEMPTS):
            caught = scan_killed_in(daemon, state, f"killed-{state}-{attempt}")
            forget_jobs(daemon)
            if caught:
                break
        else:
            missed.append(state)
    must(len(missed) < 3 if states else not missed,
         f"never killed in {missed}")
    return f"not caught in {missed}" if missed else ""


def killed_in_every_state_it_is_completed(daemon):
    return a_scan_that_was_killed_is_completed(daemon, ALL_STATES)


def random_bytes(data, chance):
    """A request with something wrong anywhere."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data = data[:place] + bytes([chance.randrange(256)]) + \
                data[place + 1:]
        elif kind == 1:
            data = data[:place]
        elif kind == 2:
            end = min(len(data), place + chance.randint(1, 50))
            data = data[:place] + data[place:end] * chance.randint(2, 40) + \
                data[end:]
        else:
            text = chance.choice(WRONG).encode("latin-1")
            data = data[:place] + text + data[place:]
    return data


def random_requests_do_no_harm(daemon, seconds, seed):
    chance = random.Random(seed)
    seeds = [f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: "
             f"{len(json.dumps(body))}\r\n\r\n{json.dumps(body)}".encode()
             for (method, path), body in BODIES.items()]
    seeds += [f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
              for method in ("GET", "HEAD", "OPTIONS", "DELETE")
              for path in ("/v1/status", "/v1/jobs?state=running",
                           "/v1/jobs/1", "/v1/axes/rotor", "/v1/disk",
                           "/v1/projects/vase/scans/1/photos/scan01_000.jpg",
                           "/v1/cameras", "/v1/lights", "/v1/snapshot")]
    count = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = random_bytes(chance.choice(seeds), chance)
        with daemon.connect() as client:
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
                client.settimeout(0.5)
                client.recv(65536)
            except OSError:
                pass
        count += 1
        if count % 100 == 0:
            if not must(daemon.answers(), f"after {count}: {data}"):
                break
            forget_jobs(daemon)
    return f"{count} requests, seed {seed}"


QUICK = [
    the_right_bodies_are_right, each_field_wrong_is_refused_in_one_sentence,
    huge_requests_are_refused, no_path_leads_out,
    numbers_in_paths_and_queries_are_checked, what_is_not_http_is_closed,
    slow_and_half_open_clients_hold_nobody_up,
    a_thousand_clients_are_answered_or_refused,
    many_may_ask_for_the_same_at_once, two_daemons_do_not_share,
    a_scan_that_was_killed_is_completed,
]


def run(test, daemon, *more):
    """Print how it went. The daemon must be there afterwards, and the same."""
    del wrong[:]
    before = daemon.process.pid
    told = ""
    try:
        told = test(daemon, *more)
        must(daemon.answers(), "it does not answer")
        must(daemon.process.pid == before or "killed" in test.__name__,
             "it is another process")
    except (AssertionError, OSError, KeyError, TypeError) as error:
        wrong.append(f"{type(error).__name__} {error}")
    why = "; ".join(wrong[:5]).replace("\n", " ")
    print(f"not ok {test.__name__}: {len(wrong)} wrong: {why}" if wrong else
          f"ok {test.__name__}", flush=True)
    if told:
        print(f"# {told}", flush=True)
    return not wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--daemon", default="out/tests/model/oscand")
    parser.add_argument("tests", nargs="*")
    given = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4096), most))
    tests = [test for test in QUICK
             if not given.tests or test.__name__ in given.tests]
    held = True
    daemon = Daemon(given.daemon)
    try:
        for test in tests:
            held &= run(test, daemon)
        if given.seconds:
            held &= run(killed_in_every_state_it_is_completed, daemon)
            held &= run(random_requests_do_no_harm, daemon, given.seconds,
                        given.seed)
    finally:
        daemon.end()
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
