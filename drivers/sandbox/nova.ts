// Nova v2.1 over HTTP (microversions up to 2.93, shapes of 2.35 where they differ).
import { createHash, generateKeyPairSync } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Fault, seconds } from "./core.ts";
import type { Core } from "./core.ts";
import { addService, namedFault, page, Reply } from "./http.ts";
import type { Authenticate, Call } from "./http.ts";
import type { Flavor, Keypair, Server } from "./model.ts";
import { limitsFor, setLimits } from "./quota.ts";
import type { Servers } from "./servers.ts";

export function serveNova(app: FastifyInstance, core: Core, authenticate: Authenticate, servers: Servers): void {
  const { state } = core;
  const at = (path: string) => `${core.url()}/compute/v2.1${path}`;
  const links = (path: string) => [
    { rel: "self", href: at(path) },
    { rel: "bookmark", href: `${core.url()}/compute${path}` },
  ];
  const version = () => ({
    id: "v2.1", status: "CURRENT", version: "2.93", min_version: "2.1", updated: "2013-07-23T11:33:21Z",
    links: [{ rel: "self", href: at("/") }],
  }); // prettier-ignore
  const microversion = (request: { headers: Record<string, unknown> }) => {
    const asked = /compute ([\d.]+|latest)/.exec(String(request.headers["openstack-api-version"] ?? ""))?.[1];
    const word =
      asked ??
      (typeof request.headers["x-openstack-nova-api-version"] === "string"
        ? request.headers["x-openstack-nova-api-version"]
        : "2.1");
    return word === "latest" ? "2.93" : word;
  };
  const headers = (request: { headers: Record<string, unknown> }, id: string) => ({
    "Openstack-Api-Version": `compute ${microversion(request)}`,
    "X-Openstack-Nova-Api-Version": microversion(request),
    "X-Compute-Request-Id": id,
    Vary: "OpenStack-API-Version",
  });
  addService(app, core, authenticate, { prefix: "/compute", faults: namedFault }, (routes) => {
    routes.open("GET", "/", () => ({ versions: [version()] }));
  });

  const flavorView = (row: Flavor) => ({
    id: row.id, name: row.name, ram: row.ram, disk: row.disk, swap: "", "OS-FLV-EXT-DATA:ephemeral": 0,
    "OS-FLV-DISABLED:disabled": false, vcpus: row.vcpus, "os-flavor-access:is_public": true, rxtx_factor: 1,
    links: links(`/flavors/${row.id}`),
  }); // prettier-ignore
  const brief = (row: { id: string; name: string }, kind: string) => ({
    id: row.id,
    name: row.name,
    links: links(`/${kind}/${row.id}`),
  });
  const addressesOf = (row: Server) => {
    const found: Record<string, object[]> = {};
    for (const id of row.portIds) {
      const port = state.ports.get(id);
      if (!port || (row.status === "BUILD" && row.taskState === "scheduling")) continue;
      const network = state.networks.get(port.networkId)?.name ?? port.networkId;
      const list = (found[network] ??= []);
      const entry = (addr: string, kind: string) => ({
        version: 4,
        addr,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": port.mac,
      });
      for (const ip of port.fixedIps) list.push(entry(ip.ip_address, "fixed"));
      for (const floating of state.floatingIps.filter((one) => one.portId === port.id))
        list.push(entry(floating.address, "floating"));
    }
    return found;
  };
  const serverView = (row: Server, call: Call) => {
    const active = row.status === "ACTIVE";
    return {
      id: row.id, name: row.name, status: row.taskState === "deleting" ? row.status : row.status,
      tenant_id: row.projectId, user_id: row.userId, metadata: row.metadata,
      hostId: row.launchedAt === null ? "" : createHash("sha224").update(row.projectId + row.host).digest("hex"),
      image: row.imageId === null ? "" : { id: row.imageId, links: [{ rel: "bookmark", href: `${core.url()}/compute/images/${row.imageId}` }] },
      flavor: { id: row.flavorId, links: [{ rel: "bookmark", href: `${core.url()}/compute/flavors/${row.flavorId}` }] },
      created: seconds(row.createdAt), updated: seconds(row.updatedAt), addresses: addressesOf(row), accessIPv4: "", accessIPv6: "",
      links: links(`/servers/${row.id}`), "OS-DCF:diskConfig": "MANUAL",
      ...(active || row.status === "BUILD" ? { progress: active ? 0 : 0 } : {}),
      "OS-EXT-AZ:availability_zone": row.launchedAt === null ? "" : row.zone, config_drive: "", key_name: row.keyName,
      "OS-SRV-USG:launched_at": row.launchedAt === null ? null : `${seconds(row.launchedAt).slice(0, -1)}.000000`,
      "OS-SRV-USG:terminated_at": null,
      ...(row.status === "ERROR" ? {} : { security_groups: (row.securityGroups.length > 0 ? row.securityGroups : ["default"]).map((name) => ({ name })) }),
      ...(call.caller.isAdmin ? {
        "OS-EXT-SRV-ATTR:host": row.launchedAt === null ? null : row.host, "OS-EXT-SRV-ATTR:hypervisor_hostname": row.launchedAt === null ? null : row.host,
        "OS-EXT-SRV-ATTR:instance_name": `instance-${row.id.slice(0, 8)}`, "OS-EXT-SRV-ATTR:user_data": row.userData,
      } : {}),
      "OS-EXT-STS:task_state": row.taskState, "OS-EXT-STS:vm_state": active ? "active" : row.status === "BUILD" ? "building" : row.status.toLowerCase(),
      "OS-EXT-STS:power_state": active ? 1 : 0,
      "os-extended-volumes:volumes_attached": row.volumeIds.map((id) => ({ id, delete_on_termination: false })),
      ...(row.fault ? { fault: { code: row.fault.code, created: seconds(row.fault.created), message: row.fault.message } } : {}),
      host_status: undefined, locked: false, description: row.name, tags: [],
    }; // prettier-ignore
  };
  const badMarker = (marker: string) => new Fault(400, "MarkerNotFound", `marker [${marker}] not found`);
  const next = (key: string, path: string, query: string | null) =>
    query === null ? {} : { [`${key}_links`]: [{ rel: "next", href: at(`${path}?${query}`) }] };

  addService(app, core, authenticate, { prefix: "/compute/v2.1", faults: namedFault, headers }, (routes) => {
    routes.open("GET", "/", () => ({
      version: {
        ...version(),
        "media-types": [{ base: "application/json", type: "application/vnd.openstack.compute+json;version=2.1" }],
      },
    }));
    const flavors = (call: Call, view: (row: Flavor) => object, path: string) => {
      const cut = page(call, state.flavors.all(), { badMarker });
      return { flavors: cut.rows.map(view), ...next("flavors", path, cut.next) };
    };
    routes.get("/flavors", (call) => flavors(call, (row) => brief(row, "flavors"), "/flavors"));
    routes.get("/flavors/detail", (call) => flavors(call, flavorView, "/flavors/detail"));
    routes.get("/flavors/:id", (call) => {
      const found = state.flavors.get(call.param("id"));
      if (!found) throw new Fault(404, "FlavorNotFound", `Flavor ${call.param("id")} could not be found.`);
      return { flavor: flavorView(found) };
    });
    routes.get("/flavors/:id/os-extra_specs", (call) => ({
      extra_specs: state.flavors.get(call.param("id"))?.specs ?? {},
    }));

    const keypairView = (row: Keypair) => ({
      name: row.name,
      public_key: row.publicKey,
      fingerprint: row.fingerprint,
      type: row.type,
    });
    const mine = (call: Call) => state.keypairs.filter((one) => one.userId === call.caller.userId);
    const keypair = (call: Call) => {
      const name = call.param("name");
      const found = mine(call).find((one) => one.name === name);
      if (!found) throw new Fault(404, "KeypairNotFound", `Keypair ${name} not found for user ${call.caller.userId}`);
      return found;
    };
    routes.get("/os-keypairs", (call) => ({ keypairs: mine(call).map((row) => ({ keypair: keypairView(row) })) }));
    routes.get("/os-keypairs/:name", (call) => {
      const found = keypair(call);
      return {
        keypair: {
          ...keypairView(found),
          user_id: found.userId,
          id: 1,
          created_at: `${seconds(found.createdAt).slice(0, -1)}.000000`,
          deleted: false,
          deleted_at: null,
          updated_at: null,
        },
      };
    });
    routes.post("/os-keypairs", (call) => {
      const { keypair: wish } = call.body(
        z.object({
          keypair: z.object({
            name: z.string().min(1).max(255),
            public_key: z.string().optional(),
            type: z.string().default("ssh"),
          }),
        }),
      );
      if (mine(call).some((one) => one.name === wish.name))
        throw new Fault(409, "KeyPairExists", `Key pair '${wish.name}' already exists.`);
      const made =
        wish.public_key === undefined ? newKeypair(wish.name) : { publicKey: wish.public_key, privateKey: null };
      const row = state.keypairs.save({
        id: `${call.caller.userId} ${wish.name}`, userId: call.caller.userId, name: wish.name, publicKey: made.publicKey,
        fingerprint: fingerprintOf(made.publicKey), type: wish.type, createdAt: core.now(),
      }); // prettier-ignore
      return new Reply(201, {
        keypair: {
          ...keypairView(row),
          user_id: row.userId,
          ...(made.privateKey === null ? {} : { private_key: made.privateKey }),
        },
      });
    });
    routes.delete("/os-keypairs/:name", (call) => {
      state.keypairs.remove(keypair(call).id);
      return new Reply(204);
    });

    routes.get("/os-availability-zone", () => ({
      availabilityZoneInfo: [{ zoneName: "nova", zoneState: { available: true }, hosts: null }],
    }));
    routes.get("/limits", (call) => {
      const limit = limitsFor(core, "compute", call.project);
      const used = servers.usage(call.project);
      return {
        limits: {
          rate: [],
          absolute: {
            maxTotalInstances: limit["instances"], maxTotalCores: limit["cores"], maxTotalRAMSize: limit["ram"], maxServerMeta: 128,
            maxImageMeta: 128, maxPersonality: 5, maxPersonalitySize: 10240, maxTotalKeypairs: limit["key_pairs"],
            maxServerGroups: limit["server_groups"], maxServerGroupMembers: limit["server_group_members"],
            maxTotalFloatingIps: -1, maxSecurityGroups: -1, maxSecurityGroupRules: -1, totalRAMUsed: used.ram,
            totalCoresUsed: used.cores, totalInstancesUsed: used.instances, totalFloatingIpsUsed: 0, totalSecurityGroupsUsed: 0,
            totalServerGroupsUsed: used.serverGroups,
          },
        },
      }; // prettier-ignore
    });
    routes.get("/os-quota-sets/:id", (call) => ({
      quota_set: { id: call.param("id"), ...limitsFor(core, "compute", call.param("id")) },
    }));
    routes.put("/os-quota-sets/:id", (call) => {
      if (!call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "Policy doesn't allow os_compute_api:os-quota-sets:update to be performed.");
      setLimits(
        core,
        "compute",
        call.param("id"),
        call.body(z.object({ quota_set: z.record(z.string(), z.number()) })).quota_set,
      );
      return { quota_set: limitsFor(core, "compute", call.param("id")) };
    });

    const listed = (call: Call, path: string, view: (row: Server) => object) => {
      const all = call.query("all_tenants") !== null && call.caller.isAdmin;
      const project = call.query("project_id") ?? call.query("tenant_id");
      let name: RegExp | null = null;
      try {
        name = call.query("name") === null ? null : new RegExp(call.query("name") ?? "", "i");
      } catch {
        throw new Fault(400, "BadRequest", "Invalid input for query parameters name.");
      }
      const status = call.query("status");
      const rows = state.servers
        .filter(
          (one) =>
            (all ? project === null || one.projectId === project : one.projectId === call.project) &&
            (name === null || name.test(one.name)) &&
            (status === null || one.status === status.toUpperCase()),
        )
        .toReversed();
      const cut = page(call, rows, { badMarker });
      return { servers: cut.rows.map(view), ...next("servers", path, cut.next) };
    };
    routes.get("/servers", (call) => listed(call, "/servers", (row) => brief(row, "servers")));
    routes.get("/servers/detail", (call) => listed(call, "/servers/detail", (row) => serverView(row, call)));
    const server = (call: Call) => servers.get(call.param("id"), call.caller);
    routes.get("/servers/:id", (call) => ({ server: serverView(server(call), call) }));
    routes.delete("/servers/:id", (call) => {
      servers.remove(server(call).id);
      return new Reply(204);
    });
    const Network = z.object({
      port: z.string().optional(),
      uuid: z.string().optional(),
      fixed_ip: z.string().optional(),
    });
    const Wish = z.object({
      server: z.object({
        name: z.string().min(1).max(255), flavorRef: z.coerce.string(), imageRef: z.string().nullish(), key_name: z.string().nullish(),
        availability_zone: z.string().nullish(), user_data: z.string().nullish(), metadata: z.record(z.string(), z.string()).default({}),
        networks: z.union([z.array(Network), z.enum(["auto", "none"])]).default([]),
        security_groups: z.array(z.object({ name: z.string() })).default([]),
        block_device_mapping_v2: z.array(z.looseObject({ uuid: z.string().optional(), source_type: z.string().optional() })).default([]),
      }),
      "os:scheduler_hints": z.object({ group: z.string().optional() }).default({}),
    }); // prettier-ignore
    routes.post("/servers", (call) => {
      const body = call.body(Wish);
      const { server: wish } = body;
      const made = servers.create(call.caller, call.project, {
        name: wish.name, flavor: wish.flavorRef, image: wish.imageRef ? wish.imageRef : null, keyName: wish.key_name ?? null,
        zone: wish.availability_zone ?? null, userData: wish.user_data ?? null, metadata: wish.metadata,
        networks: Array.isArray(wish.networks) ? wish.networks : [], securityGroups: wish.security_groups.map((one) => one.name),
        serverGroup: body["os:scheduler_hints"].group ?? null,
        bootVolume: wish.block_device_mapping_v2.find((one) => one.source_type === "volume")?.uuid ?? null,
      }); // prettier-ignore
      return new Reply(
        202,
        {
          server: {
            id: made.id,
            links: links(`/servers/${made.id}`),
            "OS-DCF:diskConfig": "MANUAL",
            security_groups: [{ name: "default" }],
          },
        },
        { Location: at(`/servers/${made.id}`) },
      );
    });
    routes.post("/servers/:id/action", (call) => {
      const row = server(call);
      const body = call.body(z.record(z.string(), z.unknown()));
      if ("os-getConsoleOutput" in body) {
        if (row.status === "BUILD") throw new Fault(409, "InstanceNotReady", `Instance ${row.id} is not ready`);
        const asked = z
          .object({ length: z.coerce.number().nullish() })
          .nullish()
          .parse(body["os-getConsoleOutput"])?.length;
        const lines = state.nodes.get(row.id)?.console ?? [];
        const some = asked === null || asked === undefined || asked < 0 ? lines : lines.slice(-asked);
        return { output: some.map((line) => `${line}\n`).join("") };
      }
      if ("reboot" in body) {
        state.servers.change(row, {
          status: "REBOOT",
          taskState: "rebooting",
          dueAt: core.after(5),
          updatedAt: core.now(),
        });
        core.wake();
        return new Reply(202);
      }
      if ("os-stop" in body || "os-start" in body) {
        const to = "os-stop" in body ? ("SHUTOFF" as const) : ("ACTIVE" as const);
        if (row.status === to)
          throw new Fault(
            409,
            "InstanceInvalidState",
            `Cannot '${"os-stop" in body ? "stop" : "start"}' instance ${row.id} while it is in vm_state ${to === "ACTIVE" ? "active" : "stopped"}`,
          );
        state.servers.change(row, { status: to, updatedAt: core.now() });
        core.wake();
        return new Reply(202);
      }
      throw new Fault(400, "BadRequest", `There is no such action: ${Object.keys(body)[0] ?? ""}`);
    });
    routes.get("/servers/:id/os-interface", (call) => ({
      interfaceAttachments: server(call).portIds.flatMap((id) => {
        const port = state.ports.get(id);
        return port
          ? [
              {
                port_state: port.status,
                fixed_ips: port.fixedIps,
                mac_addr: port.mac,
                net_id: port.networkId,
                port_id: port.id,
              },
            ]
          : [];
      }),
    }));
    routes.get("/servers/:id/os-volume_attachments", (call) => {
      const row = server(call);
      return {
        volumeAttachments: row.volumeIds.map((id) => ({
          id,
          volumeId: id,
          serverId: row.id,
          device: state.volumes.get(id)?.attachments[0]?.device ?? null,
        })),
      };
    });
    routes.post("/servers/:id/os-volume_attachments", (call) => {
      const row = server(call);
      const id = servers.attachVolume(
        row.id,
        call.body(z.object({ volumeAttachment: z.object({ volumeId: z.string() }) })).volumeAttachment.volumeId,
      );
      return {
        volumeAttachment: {
          id,
          volumeId: id,
          serverId: row.id,
          device: state.volumes.get(id)?.attachments[0]?.device ?? null,
        },
      };
    });
    routes.delete("/servers/:id/os-volume_attachments/:volume", (call) => {
      servers.detachVolume(server(call).id, call.param("volume"));
      return new Reply(202);
    });

    const groupView = (row: { id: string; name: string; policies: string[] }) => ({
      id: row.id, name: row.name, policies: row.policies, members: state.servers.filter((one) => one.serverGroupId === row.id).map((one) => one.id), metadata: {},
    }); // prettier-ignore
    const groups = (call: Call) => state.serverGroups.filter((one) => one.projectId === call.project);
    routes.get("/os-server-groups", (call) => ({ server_groups: groups(call).map(groupView) }));
    const group = (call: Call) => {
      const found = groups(call).find((one) => one.id === call.param("id"));
      if (!found)
        throw new Fault(404, "InstanceGroupNotFound", `Instance group ${call.param("id")} could not be found.`);
      return found;
    };
    routes.get("/os-server-groups/:id", (call) => ({ server_group: groupView(group(call)) }));
    routes.post("/os-server-groups", (call) => {
      const { server_group: wish } = call.body(
        z.object({
          server_group: z.object({
            name: z.string(),
            policies: z.array(z.string()).optional(),
            policy: z.string().optional(),
          }),
        }),
      );
      return {
        server_group: groupView(
          servers.createServerGroup(
            call.caller,
            call.project,
            wish.name,
            wish.policies ?? (wish.policy === undefined ? [] : [wish.policy]),
          ),
        ),
      };
    });
    routes.delete("/os-server-groups/:id", (call) => {
      state.serverGroups.remove(group(call).id);
      return new Reply(204);
    });
  });
}

export function fingerprintOf(publicKey: string): string {
  const [kind = "", data = ""] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(data, "base64");
  if (!/^(ssh-|ecdsa-|sk-)/.test(kind) || bytes.length < 16)
    throw new Fault(400, "InvalidKeypair", "Keypair data is invalid: failed to generate fingerprint");
  return createHash("md5").update(bytes).digest("hex").match(/../g)?.join(":") ?? "";
}

/** As Nova makes them itself: RSA, the private half in PEM. */
export function newKeypair(comment: string): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const part = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const number = (text: string) => {
    const bytes = Buffer.from(text, "base64url");
    return part((bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
  };
  const data = Buffer.concat([part(Buffer.from("ssh-rsa")), number(e), number(n)]).toString("base64");
  return {
    publicKey: `ssh-rsa ${data} ${comment.replace(/\s+/g, "-")}`,
    privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  };
}
