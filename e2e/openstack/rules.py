# Answers by oslo.policy itself: a JSON list of {rule, creds, target} on standard input, a JSON list of answers on
# standard output.
import json
import logging
import sys

from oslo_policy import _checks, _parser

logging.disable(logging.CRITICAL)


class Enforcer:
    rules = {"yes": _checks.TrueCheck(), "no": _checks.FalseCheck()}


def answer(case):
    check = _parser.parse_rule(case["rule"])
    # Of a lone bracket or operator its parser leaves the word itself, which no request gets past.
    if not isinstance(check, _checks.BaseCheck):
        return False
    return bool(_checks._check(check, case["target"], case["creds"], Enforcer(), None))


print(json.dumps([answer(case) for case in json.load(sys.stdin)]))
