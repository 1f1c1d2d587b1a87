// What of a cloud changes seldom, remembered for a minute, so that a request which names flavors, images and networks asks
// only for what nobody knows. Only what fits is believed; what is missing or lacks something is asked for again at once, so
// that nothing is refused for what was so a moment ago.
import type { Cloud, Facts, Flavor, Image, Network, Route, Subnet, VolumeType, Zone } from "./cloud.ts";
import { pickFlavor } from "./nova.ts";

/** How long an answer is believed: so long may a thing that was removed be taken for there. */
export const factsKeptMs = 60_000;
const capacity = 2_000;

/** The answers of one process, by question and by who may see them. */
export type FactStore = ReturnType<typeof openFactStore>;

export function openFactStore(now = () => performance.now()) {
  return {
    flavors: remembered<Flavor[]>(now),
    images: remembered<Image[]>(now),
    networks: remembered<Network[]>(now),
    subnets: remembered<Subnet[]>(now),
    routes: remembered<Route[]>(now),
    zones: remembered<Zone[]>(now),
    volumeTypes: remembered<VolumeType[]>(now),
    providers: remembered<string[]>(now),
  };
}

/** What the facts are made of. */
interface Asked {
  nova: Pick<Cloud["nova"], "listFlavors" | "listZones">;
  glance: Pick<Cloud["glance"], "findImages">;
  neutron: Pick<Cloud["neutron"], "findNetworks" | "findSubnets" | "listRoutes">;
  cinder: Pick<Cloud["cinder"], "listTypes">;
  octavia: Pick<Cloud["octavia"], "listProviders">;
}

/** `who`: whose answers may be shared. Everybody with the same project, region and roles sees the same of a cloud. */
export function openFacts(
  store: FactStore,
  { nova, glance, neutron, cinder, octavia }: Asked,
  who: () => Promise<string>,
): Facts {
  const one = <T>(found: readonly T[]) => found.length === 1;
  return {
    async findFlavor(idOrName) {
      const holds = (all: Flavor[]) => pickFlavor(all, idOrName) !== null;
      return pickFlavor(await store.flavors(await who(), nova.listFlavors, holds), idOrName);
    },
    findImages: async (idOrName) =>
      store.images(
        `${await who()} ${idOrName}`,
        () => glance.findImages(idOrName),
        (found) => one(found) && found.every(({ distro }) => distro !== null),
      ),
    findNetworks: async (idOrName, external) =>
      store.networks(
        `${await who()} ${idOrName}`,
        () => neutron.findNetworks(idOrName),
        (found) => one(found) && (!external || found.every((network) => network.external)),
      ),
    findSubnets: async (idOrName) =>
      store.subnets(`${await who()} ${idOrName}`, () => neutron.findSubnets(idOrName), one),
    listRoutes: async (subnetId) =>
      store.routes(await who(), neutron.listRoutes, (all) =>
        all.some((route) => route.subnetId === subnetId && route.externalNetworkId !== null),
      ),
    listZones: async (name) =>
      store.zones(await who(), nova.listZones, (all) => all.some((zone) => zone.name === name && zone.available)),
    listVolumeTypes: async (name) =>
      store.volumeTypes(await who(), cinder.listTypes, (all) => all.some((type) => type.name === name)),
    listProviders: async (name) => store.providers(await who(), octavia.listProviders, (all) => all.includes(name)),
  };
}

/**
 * Answers by key, the oldest out first. Asked anew when the answer is too old or does not hold what is looked for; one that
 * is being asked for is as new as another would be, and serves all who wait.
 */
function remembered<T>(now: () => number) {
  const kept = new Map<string, { answer: Promise<T>; until: number; asking: boolean }>();

  function ask(key: string, question: () => Promise<T>): Promise<T> {
    const asked = { answer: question(), until: now() + factsKeptMs, asking: true };
    kept.delete(key);
    kept.set(key, asked);
    const oldest = kept.keys().next().value;
    if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
    asked.answer.then(
      () => (asked.asking = false),
      () => kept.get(key) === asked && kept.delete(key),
    );
    return asked.answer;
  }

  return async (key: string, question: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> => {
    const known = kept.get(key);
    if (!known || known.until <= now()) return ask(key, question);
    if (known.asking) return known.answer;
    const answer = await known.answer;
    if (holds(answer)) return answer;
    const newer = kept.get(key);
    return newer && newer !== known ? newer.answer : ask(key, question);
  };
}
