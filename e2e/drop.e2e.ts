// A cluster whose project is gone: nobody can delete it, an administrator drops its record.
import { expect, test } from "@playwright/test";
import { z } from "zod";
import { call } from "./openstack/session.ts";
import { apiOf, makeCluster } from "./support/api.ts";
import { uniqueName } from "./support/console.ts";
import { enter, sandboxKeystone } from "./support/enter.ts";
import { sandboxPort } from "./support/ports.ts";

const Project = z.object({ project: z.object({ id: z.string() }) });
const Roles = z.object({ roles: z.array(z.object({ id: z.string(), name: z.string() })) });

test("a cluster whose project was deleted leaves by an administrator's drop, which names what may be left", async () => {
  const keystone = sandboxKeystone(sandboxPort);
  const [operator, admin] = [await enter(keystone, "admin"), await apiOf("admin")];
  const project = uniqueName("gone");
  const made = await call("POST", `${keystone}/projects`, operator, { project: { name: project } });
  const { id } = Project.parse(await made.json()).project;
  const { roles } = Roles.parse(await (await call("GET", `${keystone}/roles`, operator)).json());
  const demo = await enter(keystone, "demo");
  for (const role of roles.filter(({ name }) => ["member", "reader", "creator", "heat_stack_owner"].includes(name)))
    await call("PUT", `${keystone}/projects/${id}/users/${demo.userId}/roles/${role.id}`, operator);

  const cluster = await makeCluster(await apiOf("demo", project), uniqueName("orphan"));
  const status = async () =>
    z.object({ status: z.string() }).parse(await admin.call("GET", `/clusters/${cluster}`)).status;
  await expect.poll(status, { timeout: 90_000 }).toBe("CREATE_COMPLETE");
  const drop = () => admin.call("POST", `/clusters/${cluster}/actions/drop`);
  await expect(drop()).rejects.toThrow(/only when its deletion has failed/);

  await call("DELETE", `${keystone}/projects/${id}`, operator);
  await admin.call("DELETE", `/clusters/${cluster}`);
  await expect.poll(status, { timeout: 90_000 }).toBe("DELETE_FAILED");
  await expect((await apiOf("demo")).call("POST", `/clusters/${cluster}/actions/drop`)).rejects.toThrow(/40[34]/);
  const { left } = z.object({ left: z.array(z.object({ type: z.string() })) }).parse(await drop());
  expect(left.map(({ type }) => type)).toContain("stack");
  await expect(admin.call("GET", `/clusters/${cluster}`)).rejects.toThrow(/404/);
});
