// How nodes reach the world: proxies and registries, as the programs on them read these.
import type { TemplateFields } from "./cluster-template.ts";
import { parseAddress, parseRange } from "./ip-range.ts";
import { problem, type Problem } from "./problem.ts";

type Site = Pick<TemplateFields, "httpProxy" | "httpsProxy" | "noProxy" | "insecureRegistry">;

const host = /^(\*?\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(:\d{1,5})?$/i;

const isProxy = (text: string) => {
  const parsed = /^https?:\/\/[^\s"'\\\p{Cc}]+$/iu.test(text) && URL.canParse(text) ? new URL(text) : null;
  return parsed?.pathname === "/" && parsed.search === "" && parsed.hash === "";
};

/** A host, a domain with a dot in front, an address or a range. */
const isPast = (text: string) => text === "*" || host.test(text) || (parseRange(text) ?? parseAddress(text)) !== null;

export function siteProblems({ httpProxy, httpsProxy, noProxy, insecureRegistry }: Site): Problem[] {
  const proxy = "must be the address of a proxy such as http://proxy.example.org:3128";
  return [
    ...(httpProxy === null || isProxy(httpProxy) ? [] : [problem("http_proxy", proxy)]),
    ...(httpsProxy === null || isProxy(httpsProxy) ? [] : [problem("https_proxy", proxy)]),
    ...(noProxy === null || noProxy.split(",").every((each) => isPast(each.trim()))
      ? []
      : [problem("no_proxy", "must be hosts, domains, addresses or ranges separated by commas")]),
    ...(insecureRegistry === null || host.test(insecureRegistry)
      ? []
      : [problem("insecure_registry", "must be a host and port such as 192.0.2.5:5000, without http://")]),
  ];
}
