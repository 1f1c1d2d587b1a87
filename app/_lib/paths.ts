// One function for each address of the console: no other file puts an address together.
type Query = Record<string, string | undefined>;

function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) search.set(key, value);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

const project = (id: string) => `/p/${encodeURIComponent(id)}`;

export type ClusterTab =
  "overview" | "node-groups" | "nodes" | "access" | "operations" | "resources" | "labels" | "certificates";

export const paths = {
  home: () => "/",
  login: (next?: string) => withQuery("/login", { next }),
  overview: (projectId: string) => project(projectId),
  clusters: (projectId: string, query?: { status?: string; q?: string; template?: string }) =>
    withQuery(`${project(projectId)}/clusters`, query),
  newCluster: (projectId: string, query?: { template?: string; from?: string; step?: string }) =>
    withQuery(`${project(projectId)}/clusters/new`, query),
  cluster: (projectId: string, clusterId: string, tab: ClusterTab = "overview", query?: Query) =>
    withQuery(`${project(projectId)}/clusters/${clusterId}${tab === "overview" ? "" : `/${tab}`}`, query),
  templates: (projectId: string) => `${project(projectId)}/templates`,
  newTemplate: (projectId: string, from?: string) => withQuery(`${project(projectId)}/templates/new`, { from }),
  template: (projectId: string, templateId: string) => `${project(projectId)}/templates/${templateId}`,
  editTemplate: (projectId: string, templateId: string) => `${project(projectId)}/templates/${templateId}/edit`,
  quota: (projectId: string) => `${project(projectId)}/quota`,
  audit: (projectId: string, cluster?: string) => withQuery(`${project(projectId)}/audit`, { cluster }),
};

/**
 * An address from outside, such as `next` of the sign-in page, as a path of this console; anything else is the first
 * page. Read as browsers read addresses (blanks and slashes mean other things to them than to us), and written anew,
 * so that what is followed is what was judged.
 */
export function safeNext(next: string | null | undefined): string {
  const own = "http://console.invalid";
  if (!next?.startsWith("/") || !URL.canParse(next, own)) return paths.home();
  const { origin, pathname, search, hash } = new URL(next, own);
  return origin === own && pathname.startsWith("/p/") ? `${pathname}${search}${hash}` : paths.home();
}
