// What no driver here can do yet, refused in Magnum's words rather than by a missing route.
import { authorize } from "../auth/policy.ts";
import { DomainError } from "../domain/error.ts";
import { findCluster } from "../services/cluster/read.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";

async function rotateCa({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  const cluster = await findCluster(deps, ctx, param("cluster"));
  authorize(ctx, "certificate:rotate_ca", { clusterId: cluster.id, projectId: cluster.projectId });
  if (cluster.tlsDisabled)
    throw new DomainError("tls_disabled", "Rotating the CA certificate on a non-TLS cluster is not supported");
  throw new DomainError("not_supported_by_driver", "Rotating the CA certificate is not supported by driver.");
}

async function rotateCredential({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  const cluster = await findCluster(deps, ctx, param("cluster"));
  authorize(ctx, "credential:rotate", { clusterId: cluster.id });
  throw new DomainError("not_supported_by_driver", "Credential rotation is not supported by driver.");
}

async function upgrade({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  const cluster = await findCluster(deps, ctx, param("cluster"));
  authorize(ctx, "cluster:upgrade", { clusterId: cluster.id, projectId: cluster.projectId });
  throw new DomainError("not_supported_by_driver", "Upgrading a cluster is not supported by this driver.");
}

async function federations({ ctx }: ApiRequest): Promise<ApiAnswer> {
  authorize(ctx, "federation:get_all");
  return { status: 200, body: { federations: [] } };
}

export const unsupportedRoutes: readonly Route[] = [
  {
    method: "PATCH",
    path: "/v1/certificates/:cluster",
    since: 1,
    operation: "patch",
    policies: ["certificate:rotate_ca"],
    allProjects: "cluster:get_one_all_projects",
    handle: rotateCa,
  },
  {
    method: "PATCH",
    path: "/v1/credentials/:cluster",
    since: 12,
    operation: "patch",
    policies: ["credential:rotate"],
    handle: rotateCredential,
  },
  {
    method: "POST",
    path: "/v1/clusters/:cluster/actions/upgrade",
    since: 8,
    operation: "upgrade",
    policies: ["cluster:upgrade"],
    allProjects: "cluster:upgrade_all_projects",
    handle: upgrade,
  },
  {
    method: "GET",
    path: "/v1/federations",
    since: 1,
    operation: "get_all",
    policies: ["federation:get_all"],
    handle: federations,
  },
  {
    method: "GET",
    path: "/v1/federations/detail",
    since: 1,
    operation: "detail",
    policies: ["federation:detail"],
    handle: federations,
  },
];
