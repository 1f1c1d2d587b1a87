import { describe, expect, it } from "vitest";
import { factsKeptMs, openFacts, openFactStore } from "./facts.ts";
import type { Cloud, Flavor, Image, Network } from "./cloud.ts";

const flavor = (id: string): Flavor => ({
  id,
  name: `name of ${id}`,
  vcpus: 1,
  ramMib: 1,
  diskGib: 1,
  ephemeralGib: 0,
  public: true,
});
const network = (external: boolean): Network => ({
  id: "n",
  name: "n",
  status: "ACTIVE",
  external,
  shared: false,
  projectId: "p",
  subnetIds: [],
});
const image = (distro: string | null): Image => ({
  id: "i",
  name: "i",
  distro,
  status: "active",
  visibility: "public",
  ownerId: null,
  hidden: false,
  minDiskGib: 0,
  minRamMib: 0,
  sizeBytes: null,
  createdAt: "",
  tags: [],
  properties: {},
});

/** A cloud that can be changed, and how often each question came to it. */
function aCloud() {
  const there = { flavors: [flavor("small")], image: image(null), network: network(false), away: false };
  const asked = { flavors: 0, images: 0, networks: 0 };
  const unused = () => Promise.reject(new Error("not asked in this test"));
  const nova: Pick<Cloud["nova"], "listFlavors" | "listZones"> = {
    async listFlavors() {
      asked.flavors++;
      await Promise.resolve();
      if (there.away) throw new Error("away");
      return [...there.flavors];
    },
    listZones: unused,
  };
  let now = 0;
  const store = openFactStore(() => now);
  const as = (who: string) =>
    openFacts(
      store,
      {
        nova,
        glance: { findImages: async () => (asked.images++, [there.image]) },
        neutron: {
          findNetworks: async () => (asked.networks++, [there.network]),
          findSubnets: unused,
          listRoutes: unused,
        },
        cinder: { listTypes: unused },
        octavia: { listProviders: unused },
      },
      async () => who,
    );
  return { there, asked, as, pass: (ms: number) => void (now += ms) };
}

describe("facts of a cloud", () => {
  it("are asked for once in a minute, however many want to know", async () => {
    const { as, asked, pass } = aCloud();
    const facts = as("p");
    await Promise.all([facts.findFlavor("small"), facts.findFlavor("name of small"), facts.findFlavor("none")]);
    await facts.findFlavor("small");
    expect(asked.flavors).toBe(1);
    pass(factsKeptMs);
    await facts.findFlavor("small");
    expect(asked.flavors).toBe(2);
  });

  it("never hide what was made a moment ago", async () => {
    const { as, there } = aCloud();
    const facts = as("p");
    expect(await facts.findFlavor("new")).toBeNull();
    there.flavors.push(flavor("new"));
    expect(await facts.findFlavor("new")).toMatchObject({ id: "new" });
  });

  it("refuse nothing for what was so a moment ago", async () => {
    const { as, there } = aCloud();
    const facts = as("p");
    expect((await facts.findImages("i"))[0]?.distro).toBeNull();
    expect((await facts.findNetworks("n", true))[0]?.external).toBe(false);
    there.image = image("ubuntu");
    there.network = network(true);
    expect((await facts.findImages("i"))[0]?.distro).toBe("ubuntu");
    expect((await facts.findNetworks("n", true))[0]?.external).toBe(true);
  });

  it("are not shared between projects or roles", async () => {
    const { as, asked } = aCloud();
    await as("p, member").findFlavor("small");
    await as("p, admin").findFlavor("small");
    expect(asked.flavors).toBe(2);
  });

  it("are not made of a failure", async () => {
    const { as, there } = aCloud();
    there.away = true;
    await expect(as("p").findFlavor("small")).rejects.toThrow("away");
    there.away = false;
    expect(await as("p").findFlavor("small")).toMatchObject({ id: "small" });
  });
});
