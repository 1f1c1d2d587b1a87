import { request } from "node:https";
import type { KeyAndCertificate } from "../../server/pki/ca.ts";

export interface Answer {
  status: number;
  body: string;
}

/** One request to a Kubernetes API with a client certificate, or with none. */
export function ask(
  url: string,
  {
    caPem,
    leaf = null,
    method = "GET",
    body,
    contentType = "application/json",
  }: {
    caPem: string;
    leaf?: KeyAndCertificate | null;
    method?: string;
    body?: unknown;
    contentType?: string;
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        ca: caPem,
        ...(leaf && { cert: leaf.certPem, key: leaf.keyPem }),
        headers: { "Content-Type": contentType },
        timeout: 10_000,
        agent: false,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in 10 s")));
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
