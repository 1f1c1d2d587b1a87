# A listener as operators have them, on oslo.messaging: prints what it hears, one JSON line for each notification.
import json
import sys

import oslo_messaging
from oslo_config import cfg

url, exchange, topic = sys.argv[1:]


class Endpoint:
    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self.tell("INFO", publisher_id, event_type, payload, metadata)

    def error(self, ctxt, publisher_id, event_type, payload, metadata):
        self.tell("ERROR", publisher_id, event_type, payload, metadata)

    @staticmethod
    def tell(priority, publisher_id, event_type, payload, metadata):
        heard = {"priority": priority, "publisher_id": publisher_id, "event_type": event_type, "payload": payload}
        print(json.dumps({**heard, "metadata": metadata}), flush=True)


conf = cfg.ConfigOpts()
conf([], project="listener")
transport = oslo_messaging.get_notification_transport(conf, url=url)
target = oslo_messaging.Target(exchange=exchange, topic=topic)
listener = oslo_messaging.get_notification_listener(transport, [target], [Endpoint()], executor="threading")
listener.start()
print(json.dumps({"ready": True}), flush=True)
listener.wait()
