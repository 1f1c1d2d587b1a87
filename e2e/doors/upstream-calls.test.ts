// What each operation asks of the cloud before it is answered: no more than it must, nothing twice, and nothing at all to
// look at what is there. The table for people is the expectation.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { latest, openDoor, type Answer } from "../../server/rest/testing/door.ts";
import { signingRequest } from "../../server/services/testing/signing-request.ts";

const door = openDoor({ cloud: true, drivers: [kubernetesFedoraCoreos] });
const version = latest;

/** As the page has it: each call by service, the same one twice would be seen. */
const cell = (asked: readonly string[]) =>
  asked.length === 0
    ? "0"
    : `${asked.length}: ${[...Map.groupBy(asked, (each) => each.split(": ")[0])]
        .map(([service, calls]) => `${service} (${calls.map((each) => each.split(": ")[1]).join(", ")})`)
        .join("; ")}`;

test("each operation asks of the cloud what docs/upstream-calls.md says, and nothing twice", async () => {
  // Callers' tokens are validated and our own are made when somebody first comes.
  for (const as of ["member", "admin"]) await door.call("/v1/clusters", { version, as });
  await door.deps.clouds.identity.trustees.domainId();

  const rows: string[] = [];
  const row = async (operation: string, work: () => Promise<Answer>) => {
    const cells: string[] = [];
    let answer: Answer | null = null;
    for (let turn = 0; turn < 2; turn++)
      cells.push(
        cell(
          await door.asks(async () => {
            answer = await work();
            expect(answer).toMatchObject({ status: expect.toSatisfy((status: number) => status < 300) });
          }),
        ),
      );
    rows.push(`| ${operation} | ${cells.join(" | ")} |`);
  };

  const wish = {
    coe: "kubernetes",
    image_id: "fedora-coreos-38",
    external_network_id: "public",
    flavor_id: "m1.small",
    master_flavor_id: "m1.medium",
    labels: { boot_volume_size: "20", availability_zone: "nova" },
  };
  const template = await door.template({
    imageId: wish.image_id,
    externalNetworkId: wish.external_network_id,
    flavorId: wish.flavor_id,
    masterFlavorId: wish.master_flavor_id,
    keypairId: "mykey",
    masterLbEnabled: true,
    labels: wish.labels,
  });
  let path = "";
  const create = async () => {
    const answer = await door.post("/v1/clusters", { cluster_template_id: template, master_count: 3 }, { version });
    path = `/v1/clusters/${String(answer.json["uuid"])}`;
    return answer;
  };
  const settled = async (work: () => Promise<Answer>) => {
    await door.settle(path.slice("/v1/clusters/".length), "UPDATE_COMPLETE");
    return work();
  };
  let sizes = 1;
  await row("make a cluster", create);
  await row("make a template", () => door.post("/v1/clustertemplates", wish, { version, as: "admin" }));
  await row("add a node group", () =>
    settled(() => door.post(`${path}/nodegroups`, { name: `pool-${sizes++}` }, { version })),
  );
  await row("resize", () => settled(() => door.post(`${path}/actions/resize`, { node_count: ++sizes }, { version })));
  const body = { cluster_uuid: path.split("/").at(-1), csr: signingRequest("/O=system:masters/CN=admin") };
  await row("sign a certificate", () => door.post("/v1/certificates", body, { version }));
  await row("show a cluster", () => door.call(path, { version }));
  await row("list clusters", () => door.call("/v1/clusters/detail", { version }));
  await row("list node groups", () => door.call(`${path}/nodegroups`, { version }));

  const page = readFileSync("docs/upstream-calls.md", "utf8").split("\n");
  const table = page.flatMap((line) => (line.startsWith("| ") ? [line.replaceAll(/ +/g, " ")] : [])).slice(2);
  expect(table).toEqual(rows);
});

test("a cluster that is refused leaves no identity, and none is made when the request itself is wrong", async () => {
  const template = await door.template({ imageId: "fedora-coreos-38", externalNetworkId: "public" });
  const identities = async () => ({
    trustees: (await door.deps.clouds.identity.trustees.list()).map(({ id }) => id),
    rows: await door.database.db.prisma.credential.count(),
  });
  const before = await identities();
  const refuse = async (more: object) => {
    const answer = await door.post("/v1/clusters", { cluster_template_id: template, ...more }, { version });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  };
  const asked = await door.asks(() => refuse({ keypair: "nobody's" }));
  expect(asked).toContain("identity: create trustee");
  expect(asked).toContain("identity: delete trustee");
  expect(await identities()).toEqual(before);
  expect(await door.asks(() => refuse({ master_count: 2 }))).not.toContain("identity: create trustee");
  expect(await identities()).toEqual(before);
});
