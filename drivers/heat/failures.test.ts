import { expect, test } from "vitest";
import { failedResources, progressOf, unwrap } from "./failures.ts";
import { memberFile } from "./node-template.ts";
import { aResource, aStack } from "./testing/desired.ts";

test.each([
  [
    'ResourceInError: resources.server: Went to status ERROR due to "Message: No valid host was found."',
    'Went to status ERROR due to "Message: No valid host was found."',
  ],
  [
    "Resource CREATE failed: ResourceFailure: resources.kube_minions.resources[3].resources.server: Conflict: port in use",
    "Conflict: port in use",
  ],
  ["WaitConditionFailure: resources.ready: phase runtime: sha256 mismatch", "phase runtime: sha256 mismatch"],
  [
    "OverQuotaClient: resources.port: Quota exceeded for resources: ['port'].",
    "Quota exceeded for resources: ['port'].",
  ],
  ["No valid host was found.", "No valid host was found."],
])("the reason %j is unwrapped", (reason, inner) => {
  expect(unwrap(reason)).toBe(inner);
});

const top = { id: "stack-workers", name: "w" };
const group = { id: "group-1", name: "w-g" };
const member = (index: string) => ({ id: `member-${index}`, name: `w-g-${index}` });
const bad = { status: "CREATE_FAILED", action: "CREATE", state: "FAILED" } as const;
const resources = [
  aResource({
    name: "kube_minions",
    type: "OS::Heat::ResourceGroup",
    physicalId: "group-1",
    stack: top,
    ...bad,
    reason: "ResourceFailure: resources.kube_minions: ...",
  }),
  aResource({
    name: "3",
    type: memberFile,
    physicalId: "member-3",
    stack: group,
    parentResource: "kube_minions",
    ...bad,
    reason: "ResourceFailure: ...",
  }),
  aResource({
    name: "docker_volume",
    type: "OS::Cinder::Volume",
    stack: member("3"),
    parentResource: "3",
    ...bad,
    reason: "VolumeSizeExceedsAvailableQuota: resources.docker_volume: over quota",
    updatedAt: "2026-01-01T00:00:09Z",
  }),
  aResource({
    name: "server",
    stack: member("3"),
    parentResource: "3",
    ...bad,
    reason: "CREATE aborted (user triggered cancel)",
    updatedAt: "2026-01-01T00:00:05Z",
  }),
  aResource({ name: "0", type: memberFile, physicalId: "member-0", stack: group, parentResource: "kube_minions" }),
  aResource({
    name: "server",
    stack: member("0"),
    parentResource: "0",
    status: "CREATE_IN_PROGRESS",
    state: "IN_PROGRESS",
  }),
];

test("the deepest cause is named with its place; wrappers and consequences are left out", () => {
  expect(failedResources([aStack({ part: "workers", resources })])).toEqual([
    expect.objectContaining({
      path: ["default-worker", "worker 3", "docker volume"],
      type: "OS::Cinder::Volume",
      reason: expect.stringContaining("over quota"),
    }),
  ]);
});

test("when only consequences are known, they are told", () => {
  const aborted = resources.filter((resource) => resource.name !== "docker_volume");
  expect(failedResources([aStack({ part: "workers", resources: aborted })])[0]?.reason).toContain("aborted");
});

test("progress counts single things and says what is being made", () => {
  expect(progressOf([aStack({ part: "workers", resources })], 10)).toEqual({
    done: 0,
    total: 10,
    now: "worker 0: server",
  });
  expect(progressOf([], 10)).toBeNull();
});

test("when the stack ran out of time, what was still being made is named", () => {
  const waiting = aResource({
    name: "ready",
    type: "OS::Heat::WaitCondition",
    stack: member("0"),
    parentResource: "0",
    status: "CREATE_IN_PROGRESS",
    state: "IN_PROGRESS",
  });
  const late = aStack({
    part: "workers",
    status: "CREATE_FAILED",
    state: "failed",
    reason: "Timed out",
    resources: [waiting],
  });
  expect(failedResources([late])).toEqual([
    expect.objectContaining({
      path: ["default-worker", "worker 0", "setup"],
      reason: expect.stringMatching(/^timed out/),
    }),
  ]);
  expect(failedResources([{ ...late, resources: [waiting], reason: "Resource CREATE failed" }])).toEqual([]);
});
