"""Load balancers without amphorae, but with a true address: the port of the VIP is real, so that Heat can read it and a
floating IP can point to it. Everything which touches an amphora stays with Octavia's own no-op driver."""
from octavia.network import base
from octavia.network.drivers.neutron.allowed_address_pairs import OCTAVIA_OWNER, AllowedAddressPairsDriver
from octavia.network.drivers.noop_driver.driver import NoopNetworkDriver


class LoopbackNetwork(NoopNetworkDriver):
    def __init__(self):
        super().__init__()
        self.real = AllowedAddressPairsDriver()

    def allocate_vip(self, loadbalancer):
        return self.real.allocate_vip(loadbalancer)

    def deallocate_vip(self, vip):
        try:
            port = self.real.get_port(vip.port_id)
        except base.PortNotFound:
            return
        if port.device_owner == OCTAVIA_OWNER:
            self.real.delete_port(port.id)

    def get_network(self, network_id, context=None):
        return self._look_up('get_network', network_id, context)

    def get_subnet(self, subnet_id, context=None):
        return self._look_up('get_subnet', subnet_id, context)

    def get_port(self, port_id, context=None):
        return self._look_up('get_port', port_id, context)

    def _look_up(self, what, key, context):
        # The API asks in the user's name and must hear the truth; the worker also asks for things of its amphorae.
        if context is not None:
            return getattr(self.real, what)(key, context=context)
        try:
            return getattr(self.real, what)(key)
        except base.NetworkException:
            return getattr(super(), what)(key)
