#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of the netlink family that is made from its specification alone.

  netlink-client.py SPEC MOVE...

Asks for all there is, sets the stream's period and sets it back, follows the trace while the
command MOVE... moves axis 0, and holds each step against the edges that the
rig recorded. Exit status 0: all of it was as specified.
"""
import errno
import os
import socket
import struct
import subprocess
import sys

import yaml

FORMATS = {"u32": "I", "s32": "i", "u64": "Q", "s64": "q"}
NETLINK_GENERIC = 16
SOL_NETLINK = 270
ADD_MEMBERSHIP = 1
REQUEST, MULTI, ACK, DUMP = 1, 2, 4, 0x300
ERROR, DONE = 2, 3
NLCTRL, GETFAMILY = 16, 3


def attributes(data):
    """Yields (type, payload)."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        yield kind & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]


def attribute(kind, payload):
    return (struct.pack("HH", 4 + len(payload), kind) + payload +
            bytes(-len(payload) % 4))


def leb128(data):
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7f) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(number)
            number, shift = 0, 0
    return numbers


class Family:
    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.spec = yaml.load(file, yaml.CSafeLoader)
        self.definitions = {item["name"]: item
                            for item in self.spec["definitions"]}
        space, = self.spec["attribute-sets"]
        self.by_name = {item["name"]: item for item in space["attributes"]}
        self.by_value = {item["value"]: item for item in space["attributes"]}
        self.operations = {item["name"]: item
                           for item in self.spec["operations"]["list"]}
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                    NETLINK_GENERIC)
        self.socket.settimeout(30)
        self.groups = {}
        self.number = NLCTRL
        self.resolve()

    def resolve(self):
        name = attribute(2, self.spec["name"].encode() + b"\0")
        for data in self.converse(GETFAMILY, 1, ACK, name):
            told = dict(attributes(data))
        self.number, = struct.unpack("H", told[1])
        for _, group in attributes(told[7]):
            group = dict(attributes(group))
            self.groups[group[1][:-1].decode()] = \
                struct.unpack("I", group[2])[0]
        assert set(self.groups) == {group["name"] for group in
                                    self.spec["mcast-groups"]["list"]}

    def messages(self):
        """Yields (type, command, attributes) as they come."""
        while True:
            data = self.socket.recv(8192)
            while data:
                length, kind = struct.unpack_from("IH", data)
                if kind in (ERROR, DONE):
                    yield kind, struct.unpack_from("i", data, 16)[0], b""
                else:
                    yield kind, data[16], data[20:length]
                data = data[(length + 3) & ~3:]

    def converse(self, command, version, flags, payload):
        request = struct.pack("BBH", command, version, 0) + payload
        self.socket.send(struct.pack("IHHII", 16 + len(request), self.number,
                                     REQUEST | flags, 1, 0) + request)
        for kind, code, data in self.messages():
            if kind in (ERROR, DONE):
                if code:
                    raise OSError(-code, os.strerror(-code))
                return
            yield data

    def encode(self, name, value):
        item = self.by_name[name]
        return attribute(item["value"],
                         struct.pack(FORMATS[item["type"]], value))

    def ask(self, name, dump=False, **values):
        operation = self.operations[name]
        form = operation["dump" if dump else "do"]
        payload = b"".join(self.encode(key.replace("_", "-"), value)
                           for key, value in values.items())
        answers = [self.decode(data) for data in self.converse(
            operation["value"], self.spec["version"], DUMP if dump else ACK,
            payload)]
        for answer in answers:
            assert list(answer) == form["reply"]["attributes"], answer
        return answers

    def decode_struct(self, name, data):
        values, at = {}, 0
        for member in self.definitions[name]["members"]:
            if member["type"] == "binary":
                value = data[at:at + member["len"]]
                at += member["len"]
            else:
                form = FORMATS[member["type"]]
                value, = struct.unpack_from(form, data, at)
                at += struct.calcsize(form)
            if "enum" in member:
                value = self.decode_enum(member["enum"], value)
            values[member["name"]] = value
        return values

    def decode_enum(self, name, value):
        item = self.definitions[name]
        if item["type"] == "flags":
            return {entry["name"] for bit, entry in
                    enumerate(item["entries"]) if value >> bit & 1}
        names = {entry["value"]: entry["name"] for entry in item["entries"]}
        return names[value]

    def decode(self, data):
        values = {}
        for kind, payload in attributes(data):
            item = self.by_value[kind]
            if item["type"] == "pad":
                continue
            if "struct" in item:
                value = self.decode_struct(item["struct"], payload)
            elif item["type"] == "binary":
                value = leb128(payload)
            elif item["type"] == "string":
                value = payload.rstrip(b"\0").decode()
            else:
                value, = struct.unpack(FORMATS[item["type"]], payload)
            values[item["name"]] = value
        return values

    def join(self, group):
        self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP,
                               self.groups[group])


def fails(code, call):
    try:
        call()
    except OSError as error:
        assert error.errno == code, error
        return
    raise AssertionError(f"{errno.errorcode[code]} was wanted")


def text(name):
    return name.rstrip(b"\0").decode()


def ask_everything(family):
    info, = family.ask("info-get")
    axes = family.ask("axis-get", dump=True)
    states = family.ask("state-get", dump=True)
    stats = family.ask("stats-get", dump=True)
    assert text(info["info"]["name"]) == info["controller"], info
    assert info["info"]["axes"] == len(axes) == len(states) == len(stats) == 2
    assert [text(axis["axis-info"]["name"]) for axis in axes] == \
        ["turntable", "rotor"], axes
    assert axes[0]["axis-info"]["unit"] == "degree", axes
    assert "wraps" in axes[0]["axis-info"]["flags"], axes
    for number, axis in enumerate(axes):
        assert axis == family.ask("axis-get", axis=number)[0]
        assert states[number]["axis"] == number
        assert states[number]["state"]["motion"] == "idle"
        assert states[number]["state"]["end"] == "none"
    assert family.ask("stream-get", axis=0)[0]["period-ms"] == \
        family.definitions["period-ms-default"]["value"]
    fails(errno.ENXIO, lambda: family.ask("state-get", axis=2))
    fails(errno.EINVAL, lambda: family.ask("state-get"))
    limit = family.definitions["period-ms-max"]["value"]
    fails(errno.ERANGE, lambda: family.ask("stream-set", axis=0,
                                           period_ms=limit + 1))
    family.ask("stream-set", axis=0, period_ms=30)
    assert family.ask("stream-get", axis=0)[0]["period-ms"] == 30
    family.ask("stream-set", axis=0, period_ms=20)


def follow(family, move):
    """[(time, position)] of every step, until the axis rests again."""
    steps, before, moves = [], None, subprocess.Popen(move)
    for kind, command, data in family.messages():
        told = family.decode(data)
        if kind != family.number or told["axis"] != 0:
            continue
        if command == family.operations["state"]["value"]:
            state = told["state"]
            if state["motion"] == "idle" and state["move-id"]:
                break
            continue
        if before:
            assert told["seq"] == before["seq"] + 1, told
            assert told["lost"] == before["lost"] == 0, told
        if "steps" in told:
            times = [told["first-time"]]
            for delta in told.get("deltas", []):
                times.append(times[-1] + delta)
            assert len(times) == told["steps"] == len(told["late"]), told
            assert told["first-number"] == len(steps) + 1, told
            steps += [(time, told["first-position"] +
                       index * told["direction"] * told["spacing"])
                      for index, time in enumerate(times)]
        assert told["total"] == len(steps), told
        before = told
    assert moves.wait() == 0
    assert state["end"] == "done" and state["steps"] == len(steps), state
    assert state["position"] == steps[-1][1], state
    return steps


def rig_steps():
    """The same from the edges; DIR is low until it changes."""
    with open("/dev/oscan-rig", "rb", buffering=0) as file:
        data = file.read(1 << 24)
    position, sign, steps = 0, -1, []
    for time, line, value in struct.iter_unpack("QII", data):
        if line == 1:
            sign = 1 if value else -1
        if line == 0 and value:
            position += sign
            steps.append((time, position))
    return steps


def main():
    family = Family(sys.argv[1])
    ask_everything(family)
    family.join("trace")
    family.join("state")
    told = follow(family, sys.argv[2:])
    edges = rig_steps()
    assert len(told) == len(edges) > 100, (len(told), len(edges))
    for index, ((time, position), edge) in enumerate(zip(told, edges)):
        assert position == edge[1], (index, position, edge)
        assert edge[0] <= time, (index, time, edge)
        assert index + 1 == len(edges) or time < edges[index + 1][0], index


main()
