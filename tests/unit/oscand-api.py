# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the interface's description against the running daemon.

usage: oscand-api.py OPENAPI ROUTES SOCKET FOLDER

OPENAPI: openapi.yaml. ROUTES: routes.c. SOCKET: of a daemon on the model of
the driver, with --camera=synthetic. FOLDER: of its projects.

Every method of every path is asked, well and wrongly; every answer must be one
that is described, and as its schema says. Prints "ok NAME" or
"not ok NAME: WHY" for each test.
"""
import http.client
import io
import json
import os
import re
import socket
import sys
import time
import zipfile

import h5py
import jsonschema
import numpy
import yaml

openapi, routes, path, projects = sys.argv[1:]
spec = yaml.safe_load(open(openapi))
resolver = jsonschema.RefResolver("", spec)
asked = set()


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)


def resolved(part):
    while "$ref" in part:
        part = resolver.resolve(part["$ref"])[1]
    return part


def call(method, url, body=None, headers={}):
    connection = Connection("localhost")
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    connection.request(method, url, body, headers)
    answer = connection.getresponse()
    return connection, answer


def documented(method, url):
    """The template and the operation of a path."""
    bare = url.partition("?")[0]
    for template, item in spec["paths"].items():
        pattern = re.sub(r"\{[a-z]+\}", "[^/]+", template)
        if re.fullmatch(pattern, bare) and method.lower() in item:
            return template, item[method.lower()]
    raise AssertionError(f"{method} {url} is not described")


def ask(status, method, url, body=None):
    """Ask, hold the answer against its schema, return its value."""
    template, operation = documented(method, url)
    asked.add((method, template))
    connection, answer = call(method, url, body)
    what = f"{method} {url} {body}"
    assert answer.status == status, \
        f"{what}: {answer.status}, not {status}: {answer.read(300)}"
    answers = operation["responses"]
    known = resolved(answers.get(str(status)) or answers["default"])
    assert str(status) in answers or status >= 400, f"{what}: {status}"
    kind = answer.headers.get_content_type()
    content = known.get("content", {})
    if not content:
        assert not answer.read(), f"{what}: a body"
        return None
    assert kind in content, f"{what}: {kind}"
    if kind != "application/json":
        return connection, answer
    value = json.loads(answer.read())
    jsonschema.Draft202012Validator(
        content[kind]["schema"], resolver=resolver).validate(value)
    if status >= 400:
        assert "wanted" in value["error"] or "no " in value["error"], value
    return value


def wait(url, good):
    deadline = time.monotonic() + 60
    while True:
        value = ask(200, "GET", url)
        if good(value):
            return value
        assert time.monotonic() < deadline, f"in 60 s not: {value}"
        time.sleep(0.02)


def ended(job):
    return job["state"] in ("completed", "cancelled", "error", "interrupted")


def each_route_of_the_code_is_described():
    code = set(re.findall(r'\{ HTTP_([A-Z]+), "([^"]+)"',
                          open(routes).read()))
    described = {(method.upper(), template)
                 for template, item in spec["paths"].items()
                 for method in item
                 if method in ("get", "post", "put", "delete")}
    assert code == described, code ^ described


def what_the_machine_is_is_told():
    status = ask(200, "GET", "/v1/status")
    assert status["motor"]["error"] is None, status
    disk = ask(200, "GET", "/v1/disk")
    free = os.statvfs(os.path.dirname(projects))
    assert disk["projects"]["total_bytes"] == free.f_blocks * free.f_frsize
    cameras = ask(200, "GET", "/v1/cameras")["cameras"]
    assert "synthetic" in [camera["id"] for camera in cameras], cameras
    assert ask(200, "GET", "/v1/lights")["lights"] == [
        {"light": "oscan:white:ring", "percent": 0}]
    light = ask(200, "PUT", "/v1/lights/ring", {"percent": 40})
    with open(os.environ["OSCAN_LEDS"] +
              "/oscan:white:ring/brightness") as file:
        assert file.read().strip() == "102", light
    ask(404, "PUT", "/v1/lights/nope", {"percent": 40})
    for percent in (-1, 101, "40", None, True):
        ask(400, "PUT", "/v1/lights/ring", {"percent": percent})


def axes_move_stop_and_are_told():
    axes = ask(200, "GET", "/v1/axes")["axes"]
    assert [axis["axis"] for axis in axes] == ["turntable", "rotor"], axes
    axis = ask(202, "POST", "/v1/axes/rotor/move", {"to": 60, "speed": 1})
    assert axis["motion"] == "moving" and axis["control"] == "this", axis
    ask(202, "POST", "/v1/axes/rotor/stop")
    axis = wait("/v1/axes/rotor", lambda axis: axis["motion"] == "idle")
    assert axis["position"] > 60, axis
    wait("/v1/axes/rotor", lambda axis: axis["control"] == "free")
    axis = ask(200, "POST", "/v1/axes/rotor/set-position", {"position": 91})
    assert axis["position_state"] == "known", axis
    assert abs(axis["position"] - 91) < 0.01, axis
    ask(202, "POST", "/v1/axes/turntable/move",
        {"to": 350, "way": "shortest", "accel": 500})
    axis = wait("/v1/axes/turntable", lambda axis: axis["motion"] == "idle")
    assert abs(axis["position"] + 10) < 0.1, axis
    for wrong in ({}, {"to": 1, "by": 1}, {"to": "1"}, {"to": None},
                  {"to": 500}, {"to": -1e300}, {"to": 1, "speed": 0},
                  {"to": 1, "speed": 1e9}, {"to": 1, "way": "left"},
                  {"to": 1, "way": 1}, {"too": 1}, {"by": 1, "way": "up"},
                  {"to": 60, "way": "up"}, [], b"{", b"", b'{"to":1,"to":2}',
                  b"\xff\xfe", b"[" * 5000, b'{"to": 1e999}'):
        ask(400, "POST", "/v1/axes/rotor/move", wrong)
    ask(400, "POST", "/v1/axes/rotor/set-position", {"position": 1e300})
    ask(400, "POST", "/v1/axes/rotor/home", {"towards": "up"})
    assert "end stop" in ask(400, "POST", "/v1/axes/rotor/home")["error"]
    for order in ("move", "stop", "home", "set-position"):
        body = {"move": {"to": 1}, "set-position": {"position": 1}}
        ask(404, "POST", "/v1/axes/x/" + order, body.get(order))
    ask(404, "GET", "/v1/axes/x")


def events():
    """As they come from now on."""
    return ask(200, "GET", "/v1/events")[1]


def next_event(answer):
    event = {}
    while True:
        line = answer.readline().decode().rstrip("\n")
        if not line and event:
            event["data"] = json.loads(event["data"])
            return event
        if line and not line.startswith(":"):
            key, _, value = line.partition(": ")
            event[key] = value


def check_event(event):
    schemas = spec["components"]["schemas"]
    data = event["data"]
    known = {"job": "Job", "axis": "Axis"}
    if event["event"] in known:
        jsonschema.Draft202012Validator(
            schemas[known[event["event"]]], resolver=resolver).validate(data)
    elif event["event"] == "progress":
        jsonschema.Draft202012Validator(
            schemas["Progress"], resolver=resolver).validate(data["progress"])
    else:
        assert event["event"] in ("log", "deleted"), event


def a_capture_scan_is_run_watched_and_read():
    stream = events()
    settings = {"project": "of a test", "points": 3, "width": 160,
                "height": 120, "min_theta": 80, "max_theta": 100}
    job = ask(201, "POST", "/v1/jobs",
              {"kind": "capture", "settings": settings, "name": "a"})
    url = f"/v1/jobs/{job['id']}"
    seen, last = [], None
    while not seen or seen[-1] != "completed":
        event = next_event(stream)
        check_event(event)
        assert last is None or int(event["id"]) == last + 1, event
        last = int(event["id"])
        if event["event"] == "job":
            seen.append(event["data"]["state"])
            assert seen[-1] not in ("error", "cancelled"), event
    assert seen == ["pending", "running", "completed"], seen
    # Who comes again is told what he has missed.
    connection, answer = call("GET", "/v1/events", None,
                              {"Last-Event-ID": str(last - 2)})
    assert int(next_event(answer)["id"]) == last - 1
    connection, answer = call("GET", "/v1/events?last=5")
    assert next_event(answer)["event"] == "lost"
    job = ask(200, "GET", url)
    assert job["result"]["stored"] == 3, job
    scan = job["result"]["scan"]
    project = "/v1/projects/of%20a%20test"
    assert [one["project"] for one in
            ask(200, "GET", "/v1/projects")["projects"]] == ["of a test"]
    assert ask(200, "GET", project)["scans"][0]["photos"] == 3
    told = ask(200, "GET", f"{project}/scans/{scan}")
    assert told["status"] == "completed", told
    photos = ask(200, "GET", f"{project}/scans/{scan}/photos")["photos"]
    assert len(photos) == 3, photos
    for photo in photos:
        file = ask(200, "GET",
                   f"{project}/scans/{scan}/photos/{photo['file']}")[1].read()
        with open(f"{projects}/of a test/scan{scan:02}/{photo['file']}",
                  "rb") as true:
            assert file == true.read()
    assert ask(200, "GET", project + "/thumbnail")[1].read(2) == b"\xff\xd8"
    for query in ("", f"?scan={scan}"):
        packed = zipfile.ZipFile(io.BytesIO(
            ask(200, "GET", project + "/zip" + query)[1].read()))
        assert packed.testzip() is None
        for photo in photos:
            assert packed.getinfo(f"of a test/scan{scan:02}/{photo['file']}"
                                  ).file_size == photo["bytes"]
    texts = [line["text"] for line in ask(200, "GET", url + "/log")["lines"]]
    assert texts[0] == "now pending" and texts[-1] == "now completed", texts
    for order in ("pause", "resume", "cancel"):
        ask(409, "POST", f"{url}/{order}")
    ask(204, "DELETE", url)
    ask(404, "GET", url)


def a_capture_scan_is_paused_and_a_fly_scan_is_not():
    # So slow that it waits for us.
    settings = {"project": "of a test", "points": 50, "width": 160,
                "height": 120, "pause_before_capture_ms": 60000}
    first = ask(201, "POST", "/v1/jobs",
                {"kind": "capture", "settings": settings})["id"]
    second = ask(201, "POST", "/v1/jobs", {
        "kind": "flyscan", "settings": {"axis": "turntable", "p_end": 900,
                                        "size": "64x48"}})["id"]
    wait(f"/v1/jobs/{first}", lambda job: job["progress"] and
         job["progress"]["phase"] in ("settle", "lock"))
    assert ask(200, "GET", "/v1/status")["job"] == first
    assert ask(200, "GET", "/v1/status")["camera"] == "job"
    for order, body in (("move", {"to": 1}), ("stop", None),
                        ("set-position", {"position": 1})):
        ask(409, "POST", "/v1/axes/rotor/" + order, body)
    ask(409, "PUT", "/v1/lights/ring", {"percent": 1})
    ask(409, "DELETE", f"/v1/jobs/{first}")
    assert ask(202, "POST", f"/v1/jobs/{first}/pause")["state"] == "paused"
    wait(f"/v1/jobs/{first}",
         lambda job: job["progress"]["phase"] == "paused")
    assert ask(202, "POST", f"/v1/jobs/{first}/resume")["state"] == "running"
    ask(202, "POST", f"/v1/jobs/{first}/cancel")
    wait(f"/v1/jobs/{first}", ended)
    wait(f"/v1/jobs/{second}", lambda job: job["progress"] and
         job["progress"]["phase"] == "passing")
    assert "flyscan" in ask(409, "POST", f"/v1/jobs/{second}/pause")["error"]
    # Of the job's camera, while it runs.
    picture = ask(200, "GET", "/v1/snapshot")[1].read()
    assert picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9"
    ask(202, "POST", f"/v1/jobs/{second}/cancel")
    job = wait(f"/v1/jobs/{second}", ended)
    assert job["state"] == "cancelled", job
    assert os.path.getsize(job["result"]["file"]) > 0, job
    os.unlink(job["result"]["file"])
    ask(202, "POST", f"/v1/jobs/{second}/resume")
    wait(f"/v1/jobs/{second}", lambda job: job["state"] == "running" and
         job["progress"] and job["progress"]["phase"] == "passing")
    log = ask(200, "GET", f"/v1/jobs/{second}/log")["lines"]
    assert any("begins anew" in line["text"] for line in log), log
    ask(202, "POST", f"/v1/jobs/{second}/cancel")
    wait(f"/v1/jobs/{second}", ended)
    listed = ask(200, "GET", "/v1/jobs?state=cancelled")["jobs"]
    assert [job["id"] for job in listed] == [first, second], listed


def an_error_that_is_cut_within_a_character_is_told():
    job = ask(201, "POST", "/v1/jobs", {"kind": "capture", "settings": {
        "project": "none", "theta_axis": "a" + 40 * "\u00e4"}})
    job = wait(f"/v1/jobs/{job['id']}", ended)
    assert job["state"] == "error" and "no axis" in job["error"], job
    assert job["id"] in [one["id"]
                         for one in ask(200, "GET", "/v1/jobs")["jobs"]]
    ask(204, "DELETE", f"/v1/jobs/{job['id']}")


# So far that the way from there takes longer than any cancel.
FAR = 360000


def move_far_away(by=FAR):
    body = {"position":
            ask(200, "GET", "/v1/axes/turntable")["position"] + by}
    deadline = time.monotonic() + 60
    # A job that has ended has the motors for another moment.
    while (status := call("POST", "/v1/axes/turntable/set-position",
                          body)[1].status) == 409:
        assert time.monotonic() < deadline, "in 60 s not given back"
        time.sleep(0.02)
    assert status == 200, status


def cancelled_on_its_way(url):
    wait(url, lambda job: job["state"] != "pending" and job["progress"] and
         job["progress"]["phase"] == "going to the start")
    ask(202, "POST", url + "/cancel")
    return wait(url, ended)


def a_fly_scan_without_a_frame_begins_anew():
    move_far_away()
    url = "/v1/jobs/%d" % ask(201, "POST", "/v1/jobs", {
        "kind": "flyscan", "settings": {
            "axis": "turntable", "p_end": 20, "file_path": "a",
            "size": "64x48"}})["id"]
    job = cancelled_on_its_way(url)
    assert job["state"] == "cancelled" and job["result"] is None, job
    ask(202, "POST", url + "/resume")
    assert cancelled_on_its_way(url)["state"] == "cancelled"
    ask(204, "DELETE", url)
    move_far_away(-FAR)


def a_fly_scan_that_was_cancelled_is_completed():
    # Of 20 s, so that a busy machine has time for the cancel.
    url = "/v1/jobs/%d" % ask(201, "POST", "/v1/jobs", {
        "kind": "flyscan", "settings": {
            "axis": "turntable", "p_start": 0, "p_end": 200, "t_period": 0.05,
            "file_path": "a/b", "file_name": "half", "size": "64x48"}})["id"]
    wait(url, lambda job: job["progress"] and
         job["progress"]["phase"] == "passing" and
         job["progress"]["fraction"] > 0.05)
    ask(202, "POST", url + "/cancel")
    half = wait(url, ended)["result"]
    assert half["file"].endswith("/flyscan/a/b/half_000001.h5"), half
    # What has no frame yet does not take the place of what has.
    move_far_away()
    ask(202, "POST", url + "/resume")
    assert cancelled_on_its_way(url)["result"] == half
    # A file that a power cut has left empty is no reason to refuse it.
    os.rename(half["file"], half["file"] + ".kept")
    for size in (0, 4096):
        with open(half["file"], "wb") as file:
            file.truncate(size)
        ask(202, "POST", url + "/resume")
        assert cancelled_on_its_way(url)["state"] == "cancelled"
    os.rename(half["file"] + ".kept", half["file"])
    move_far_away(-FAR)
    ask(202, "POST", url + "/resume")
    job = wait(url, ended)
    assert job["state"] == "completed" and job["resumes"] == 4, job
    assert job["result"]["file"] != half["file"], job
    with h5py.File(job["result"]["file"]) as file:
        places = file["entry/data/turntable"][:]
    # Every place has a frame nearer than half the way to the next one.
    for place in numpy.linspace(0, 200, 401):
        assert abs(places - place).min() < 0.26, (place, places)


def the_preview_shows_the_camera_and_gives_it_back():
    connection, answer = ask(200, "GET", "/v1/preview?fps=20")
    for _ in range(2):
        assert answer.readline() == b"--frame\r\n"
        size = 0
        while (line := answer.readline()) != b"\r\n":
            if line.startswith(b"Content-Length: "):
                size = int(line[16:])
        picture = answer.read(size)
        assert picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9"
        assert answer.readline() == b"\r\n"
    assert ask(200, "GET", "/v1/status")["camera"] == "preview"
    ask(409, "GET", "/v1/snapshot?camera=synthetic%3Agrey")
    answer.close()
    connection.close()
    wait("/v1/status", lambda status: status["camera"] is None)
    error = ask(503, "GET", "/v1/snapshot?camera=of-nobody")["error"]
    assert "of-nobody" in error, error
    for query in ("fps=0", "fps=x", "fps=21", "fsp=1", "fps=1&fps=2",
                  "fps=" + "1" * 300):
        ask(400, "GET", "/v1/preview?" + query)


def what_is_wrong_is_refused_with_a_sentence():
    for body in ({}, {"kind": "capture"}, {"settings": {}},
                 {"kind": "dance", "settings": {}},
                 {"kind": 1, "settings": {}},
                 {"kind": "capture", "settings": []},
                 {"kind": "capture", "settings": {}, "more": 1},
                 {"kind": "capture", "settings": {}, "name": "n" * 151},
                 {"kind": "capture", "settings": {"project": "../x"}},
                 {"kind": "capture", "settings": {"project": "p",
                                                  "points": 0}},
                 {"kind": "capture", "settings": {
                     "project": "p", "path_method": "list",
                     "path_file": "/etc/passwd"}},
                 {"kind": "flyscan", "settings": {"axis": "turntable",
                                                  "file_path": "a/../../b"}},
                 {"kind": "flyscan", "settings": {"axis": "turntable",
                                                  "p_strat": 1}}):
        ask(400, "POST", "/v1/jobs", body)
    error = ask(400, "POST", "/v1/jobs", {
        "kind": "capture", "settings": {"project": "p", "pionts": 3}})
    assert "points" in error["error"], error
    ask(413, "POST", "/v1/jobs", b" " * (1 << 20) + b"{}")
    ask(400, "GET", "/v1/jobs?state=asleep")
    ask(400, "GET", "/v1/jobs", b"{}")
    for job in ("0", "x", "-1", "99999999999999999999", "1x"):
        for end in ("", "/log"):
            ask(404, "GET", f"/v1/jobs/{job}{end}")
    ask(400, "GET", "/v1/events?last=x")
    with open(projects + "/secret.jpg", "w") as file:
        file.write("secret")
    os.symlink("../../secret.jpg", projects + "/of a test/scan01/a.jpg")
    for name in ("..%2fscan.json", "scan.json", "a.jpg", "%00", ".a.jpg",
                 "..%2f..%2fsecret.jpg", "%2fetc%2fpasswd"):
        connection, answer = call(
            "GET", f"/v1/projects/of%20a%20test/scans/1/photos/{name}")
        assert answer.status == 404, (name, answer.status, answer.read(99))
    for name in ("%2e%2e", "..", ".", "%2e%2e%2fx", "con", "a%5cb"):
        connection, answer = call("GET", f"/v1/projects/{name}/zip")
        assert answer.status == 404, (name, answer.status, answer.read(99))
    for scan in ("0", "x", "2000", "-1", "00001"):
        ask(404, "GET", f"/v1/projects/of%20a%20test/scans/{scan}")


def raw(text, whole=False):
    """What the daemon says to these bytes, all if whole, until it closes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(path)
        connection.sendall(text)
        if whole:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def who_has_gone_is_forgotten_and_only_http_is_spoken():
    streams = [events() for _ in range(5)]
    assert ask(200, "GET", "/v1/status")["clients"] >= 6
    for stream in streams:
        stream.close()
    wait("/v1/status", lambda status: status["clients"] == 1)
    begin = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n"
    # One request for each connection; what follows it is passed over.
    assert raw(3 * (begin + b"\r\n")).count(b"HTTP/1.1 200") == 1
    for text in (b"CONNECT x:80 HTTP/1.1\r\n\r\n", begin +
                 b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 b"Sec-WebSocket-Version: 13\r\n\r\n", begin +
                 b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                 b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"):
        assert not raw(text), text
    for text in (b"POST /v1/jobs HTTP/1.1\r\nContent-Length: -5\r\n\r\n{}",
                 b"POST /v1/jobs HTTP/1.1\r\nContent-Length: x\r\n\r\n{}"):
        assert raw(text).startswith(b"HTTP/1.1 400"), text
    assert raw(b"POST /v1/jobs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
               b"\r\n2\r\n{}\r\n0\r\n\r\n").startswith(b"HTTP/1.1 411")
    wait("/v1/status", lambda status: status["clients"] == 1)


def who_says_that_it_has_asked_all_is_answered():
    project = "/v1/projects/of%20a%20test/scans/1/photos"
    photo = ask(200, "GET", project)["photos"][0]
    for _ in range(20):
        for url in ("/v1/status", f"{project}/{photo['file']}",
                    "/v1/snapshot", "/v1/projects/of%20a%20test/zip"):
            text = f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            head, _, body = raw(text, True).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), (url, head)
            size = re.search(rb"content-length: ([0-9]+)", head)
            assert body and (not size or len(body) == int(size[1])), url
        for text in (b"POST /v1/jobs HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
                     b"POST /v1/jobs HTTP/1.1\r\nContent-Length: x\r\n\r\n{}"):
            head, _, body = raw(text, True).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400"), (text, head)
            assert "wanted" in json.loads(body)["error"], (text, body)
    # More than fits into a socket, to one who reads late, or not at all.
    large = os.path.join(projects, "of a test/scan01/large.raw")
    with open(large, "wb") as file:
        file.truncate(8 << 20)
    text = f"GET {project}/large.raw HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    for reads in (True, False):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(60)
            connection.connect(path)
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            size = len(connection.recv(100, socket.MSG_WAITALL))
            for _ in range(10):
                ask(200, "GET", "/v1/status")
            while reads and (part := connection.recv(1 << 16)):
                size += len(part)
            assert not reads or size > 8 << 20, size
    os.remove(large)
    # Who waits for a stream cannot be told from who has gone.
    raw(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n", True)
    wait("/v1/status", lambda status: status["clients"] == 1)


def methods_are_answered_as_http_says():
    for url in ("/v1/status", "/v1/jobs", "/v1/projects/of%20a%20test/zip"):
        connection, answer = call("HEAD", url)
        assert answer.status == 200 and not answer.read(), url
    connection, answer = call("OPTIONS", "/v1/jobs")
    assert answer.status == 204
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert "access-control-allow-origin" not in answer.headers
    for method, url in (("PUT", "/v1/jobs"), ("DELETE", "/v1/status"),
                        ("PATCH", "/v1/jobs"), ("GET", "/v1/jobs/1/pause")):
        connection, answer = call(method, url)
        assert answer.status == 405, (method, url, answer.status)
        assert "allow" in answer.headers, (method, url)
    for url in ("/", "/v1", "/v1/", "/v1/nope", "/v1/jobs/1/log/x", "/v2/jobs",
                "/v1/status/"):
        connection, answer = call("GET", url)
        assert answer.status == 404, (url, answer.status)


def everything_described_was_asked():
    described = {(method.upper(), template)
                 for template, item in spec["paths"].items()
                 for method in item
                 if method in ("get", "post", "put", "delete")}
    assert described == asked, described - asked


failed = False
for test in (each_route_of_the_code_is_described, what_the_machine_is_is_told,
             axes_move_stop_and_are_told,
             a_capture_scan_is_run_watched_and_read,
             a_capture_scan_is_paused_and_a_fly_scan_is_not,
             a_fly_scan_that_was_cancelled_is_completed,
             a_fly_scan_without_a_frame_begins_anew,
             the_preview_shows_the_camera_and_gives_it_back,
             an_error_that_is_cut_within_a_character_is_told,
             what_is_wrong_is_refused_with_a_sentence,
             methods_are_answered_as_http_says,
             who_has_gone_is_forgotten_and_only_http_is_spoken,
             who_says_that_it_has_asked_all_is_answered,
             everything_described_was_asked):
    try:
        test()
        print(f"ok {test.__name__}", flush=True)
    except Exception as error:
        failed = True
        text = f"{type(error).__name__} {error}".replace("\n", " ")[:700]
        print(f"not ok {test.__name__}: {text}", flush=True)
sys.exit(failed)
