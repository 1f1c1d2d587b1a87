# Decisions by oslo.policy itself. Standard input: {rules: {name: text}, or null for those of the Magnum that is
# installed; cases: [{name, creds, target}]}. Standard output: {rules, answers}.
import json
import logging
import sys

from oslo_policy import _checks, policy

logging.disable(logging.CRITICAL)


def magnums():
    from magnum.common import policies

    return {rule.name: rule.check_str for rule in policies.list_rules()}


class Enforcer:
    def __init__(self, rules):
        self.rules = policy.Rules.from_dict(rules)

    def allows(self, case):
        rule = self.rules[case["name"]]
        return bool(_checks._check(rule, case["target"], case["creds"], self, None))


given = json.load(sys.stdin)
rules = magnums() if given["rules"] is None else given["rules"]
enforcer = Enforcer(rules)
answers = [enforcer.allows(case) if case["name"] in rules else None for case in given["cases"]]
print(json.dumps({"rules": rules, "answers": answers}))
