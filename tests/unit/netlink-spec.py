# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the netlink specification against the header, or against the schema.

  netlink-spec.py header SPEC HEADER
  netlink-spec.py schema SPEC SCHEMA

Prints a line for each thing that is not so.
"""
import re
import sys

import yaml

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s32": 4, "s64": 8, "char": 1}


def c_name(name):
    return name.replace("-", "_")


class Header:
    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.text = file.read()

    def define(self, name):
        found = re.search(rf'^#define {name}\s+"?(\w+)"?', self.text, re.M)
        return found and found.group(1)

    def defines(self, prefix):
        return re.findall(rf"^#define ({prefix}\w+)\s", self.text, re.M)

    def bits(self, prefix):
        found = re.findall(rf"^#define {prefix}(\w+)\s+\(1U << (\d+)\)",
                           self.text, re.M)
        return {name: int(bit) for name, bit in found}

    def enum(self, name):
        body = re.search(rf"^enum {name} \{{(.*?)^\}};", self.text,
                         re.M | re.S).group(1)
        return {name: int(value) for name, value in
                re.findall(r"^\t([A-Z]\w+) = (\d+),", body, re.M)}

    def struct(self, name):
        """[(name, bytes)]"""
        body = re.search(rf"^struct {name} \{{(.*?)^\}};", self.text,
                         re.M | re.S).group(1)
        members = []
        for kind, member, length in re.findall(
                r"^\t(?:__)?(\w+) (\w+)(?:\[(\w+)\])?;", body, re.M):
            count = 1
            if length:
                count = int(length if length.isdigit() else
                            self.define(length))
            members.append((member, SIZES[kind] * count))
        return members


def same(what, said, wanted):
    if said != wanted:
        print(f"{what}: the specification says {said}, the header {wanted}")


def full_names(prefix, values):
    prefix = c_name(prefix).upper()
    return {prefix + c_name(name).upper(): value
            for name, value in values.items()}


def check_definition(item, header):
    name = item["name"]
    if item["type"] == "const":
        same(name, str(item["value"]),
             header.define("OSCAN_" + c_name(name).upper()))
    elif item["type"] == "enum":
        same(name, full_names(item["name-prefix"], {
            entry["name"]: entry["value"] for entry in item["entries"]}),
             header.enum(c_name(item["enum-name"])))
    elif item["type"] == "flags":
        same(name, {c_name(entry["name"]).upper(): bit for bit, entry in
                    enumerate(item["entries"])},
             header.bits(c_name(item["name-prefix"]).upper()))
    else:
        same(name, [(c_name(member["name"]),
                     member.get("len") or SIZES[member["type"]])
                    for member in item["members"]],
             header.struct(c_name(item["enum-name"])))


def check_documented(spec):
    documented = [spec] + spec["operations"]["list"]
    for space in spec["attribute-sets"]:
        documented += space["attributes"]
    for item in spec["definitions"]:
        documented += item.get("members", [])
    for item in documented:
        if not item.get("doc", "").strip():
            print(f"{item['name']} is not documented")


def check_header(spec, header):
    same("name", spec["name"], header.define("OSCAN_GENL_NAME"))
    same("version", str(spec["version"]),
         header.define("OSCAN_GENL_VERSION"))
    for item in spec["definitions"]:
        check_definition(item, header)
    space, = spec["attribute-sets"]
    same("attributes", full_names(space["name-prefix"], {
        item["name"]: item["value"] for item in space["attributes"]}),
         header.enum("oscan_attr"))
    operations = spec["operations"]
    same("operations", full_names(operations["name-prefix"], {
        item["name"]: item["value"] for item in operations["list"]}),
         header.enum("oscan_cmd"))
    same("groups", sorted(group["name"] for group in
                          spec["mcast-groups"]["list"]),
         sorted(header.define(name) for name in header.defines("OSCAN_GENL_")
                if name not in ("OSCAN_GENL_NAME", "OSCAN_GENL_VERSION")))
    check_documented(spec)


def check_schema(spec, schema):
    import jsonschema

    for error in jsonschema.Draft7Validator(schema).iter_errors(spec):
        print("/".join(map(str, error.path)), error.message)


def main():
    with open(sys.argv[2], encoding="ascii") as file:
        spec = yaml.safe_load(file)
    if sys.argv[1] == "header":
        check_header(spec, Header(sys.argv[3]))
        return
    with open(sys.argv[3], encoding="utf-8") as file:
        check_schema(spec, yaml.safe_load(file))


main()
