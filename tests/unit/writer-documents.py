#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the documents beside a file against the event-model and the file.

writer-documents.py EXIT_STATUS FILE...

FILE.jsonl: each line against event-model.schema.json, then what no schema can
say: who refers to whom, in what order, and that what is promised is in FILE.
Prints one sentence and exits with 1 if it differs.
"""
import json
import os
import sys
from urllib.parse import unquote_to_bytes, urlparse

import h5py
import jsonschema


def must(condition, sentence):
    if not condition:
        sys.exit(sentence)


def read(path):
    schema = os.path.join(os.path.dirname(__file__), "event-model.schema.json")
    with open(schema, encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file))
    with open(path, encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    for line, document in enumerate(documents, 1):
        for error in validator.iter_errors(document):
            must(False, f"line {line}: {error.message}")
    return [(document["name"], document["doc"]) for document in documents]


def check_references(documents, run):
    descriptors, resources, uids = {}, {}, set()
    events = {}
    for name, doc in documents:
        must(doc["uid"] not in uids, f"uid {doc['uid']} twice")
        uids.add(doc["uid"])
        must(doc.get("run_start", run) == run, f"{name} of another run")
        if name == "descriptor":
            descriptors[doc["uid"]] = doc
            events[doc["name"]] = 0
        elif name == "event":
            of = descriptors[doc["descriptor"]]
            must(set(doc["data"]) == set(doc["timestamps"]) ==
                 set(of["data_keys"]), f"keys of an event of {of['name']}")
            events[of["name"]] += 1
            must(doc["seq_num"] == events[of["name"]], "seq_num")
        elif name == "stream_resource":
            resources[doc["uid"]] = [doc, 0]
        elif name == "stream_datum":
            of = resources[doc["stream_resource"]]
            must(of[0]["data_key"] in
                 descriptors[doc["descriptor"]]["data_keys"], "data_key")
            indices, numbers = doc["indices"], doc["seq_nums"]
            must(indices["start"] == of[1] < indices["stop"], "indices")
            must(numbers["start"] == indices["start"] + 1 and
                 numbers["stop"] == indices["stop"] + 1, "seq_nums")
            of[1] = indices["stop"]
    return descriptors, resources, events


def check_file(file, path, descriptors, resources):
    keys = next(doc["data_keys"] for doc in descriptors.values()
                if doc["name"] == "primary")
    for resource, told in resources.values():
        uri = unquote_to_bytes(urlparse(resource["uri"]).path)
        must(os.path.samefile(uri, path), f"uri {uri!r}")
        data = file[resource["parameters"]["dataset"]]
        key = keys[resource["data_key"]]
        must(len(data) == told, f"{data.name}: {told} told of {len(data)}")
        must(data.dtype.str == key["dtype_numpy"], f"{data.name}: dtype")
        must(list(data.shape[1:]) == key["shape"][1:], f"{data.name}: shape")
        must(key["external"] == "STREAM:", "not external")
        if data.chunks:
            must(list(data.chunks) == resource["parameters"]["chunk_shape"],
                 f"{data.name}: chunk_shape")


def check(path, wanted):
    documents = read(path + ".jsonl")
    names = [name for name, _ in documents]
    must(names[0] == "start" and names[-1] == "stop" and
         names.count("start") == names.count("stop") == 1, "start or stop")
    start, stop = documents[0][1], documents[-1][1]
    descriptors, resources, events = check_references(documents, start["uid"])
    must(stop["exit_status"] == wanted,
         f"exit_status {stop['exit_status']}, not {wanted}")
    with h5py.File(path, "r") as file:
        entry = file["/entry"]
        must(entry["entry_identifier"].asstr()[()] == start["uid"], "uid")
        frames = len(entry["data/data"])
        check_file(file, path, descriptors, resources)
        events["primary"] = frames
        must(stop["num_events"] == events,
             f"num_events {stop['num_events']}, not {events}")
        axis = list(entry["data"].attrs["axes"])[0]
        told = {doc["data_key"] for doc, _ in resources.values()}
        must((axis in told) == (axis != "sensor_timestamp" and frames > 0),
             "positions are not told of")
    # Of a scan that was killed there is none after it.
    must(events["baseline"] == (2 if wanted == "success" else 1),
         "no baseline before and after")
    monitors = [name for name in events if name.endswith("_monitor")]
    must(len(monitors) == 3, f"monitors are {monitors}")
    # Told while the frames come, of a scan that was killed too.
    must(not frames or all(events[name] for name in monitors),
         f"a monitor without events: {events}")
    must(start["plan_name"] == "flyscan", "the metadata are not there")


for name in sys.argv[2:]:
    try:
        check(name, sys.argv[1])
    except SystemExit as error:
        sys.exit(f"{name}: {error}")
