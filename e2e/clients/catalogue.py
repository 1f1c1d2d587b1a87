# Prints what the client of this machine offers, as the client itself finds it: each command of python-magnumclient with
# the options that it adds to those of every openstack command.
import importlib.metadata
import json

from osc_lib.command import command


def options(make):
    class Command(make):
        def take_action(self, parsed_args):
            pass

    parser = Command(None, None).get_parser("")
    return {option for action in parser._actions for option in action.option_strings}


common = {kind: options(kind) for kind in (command.Command, command.Lister, command.ShowOne)}
found = {}
for entry in importlib.metadata.entry_points(group="openstack.container_infra.v1"):
    make = entry.load()
    kind = next(kind for kind in make.__mro__ if kind in common)
    found[entry.name.replace("_", " ")] = sorted(options(make) - common[kind])
print(json.dumps(found))
