"use client";
import { useMutation } from "@tanstack/react-query";
import { Download, KeyRound, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useProject } from "../../../_frame/project-context";
import { explain, type ErrorText } from "@/app/_lib/errors";
import { useTRPCClient, type Outputs } from "@/app/_lib/trpc-client";
import { dateTime } from "@/app/_lib/format";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { Facts, Panel } from "@/app/_ui/card";
import { CodeBlock, CopyText } from "@/app/_ui/copy";
import { Notice } from "@/app/_ui/notice";

type Form = "kubeconfig" | "bundle";
type ClusterView = Outputs["cluster"]["get"];
type Signed = Outputs["certificate"]["sign"];

/** The private key is made in this page and written to the file; the server sees the signing request only. */
export function GetConfig({ cluster }: { cluster: ClusterView }) {
  const { id: project } = useProject();
  const client = useTRPCClient();
  const [form, setForm] = useState<Form>("kubeconfig");
  const [problem, setProblem] = useState<ErrorText | null>(null);
  const refusal = cluster.can.getConfig;

  const get = useMutation({
    mutationFn: async () => {
      const { belongsTogether, bundle, canMakeKeys, kubeconfigName, makeKeyAndRequest, save } =
        await import("@/app/_lib/credentials");
      const { renderKubeconfig } = await import("@/server/domain/kubeconfig");
      const server = cluster.apiAddress ?? "";
      if (cluster.tlsDisabled) {
        const text = renderKubeconfig({ clusterName: cluster.name, server, caPem: null, certPem: null, keyPem: null });
        save(kubeconfigName(cluster.name), "application/yaml", text);
        return { signed: null, file: kubeconfigName(cluster.name), form: "kubeconfig" as const };
      }
      if (!canMakeKeys())
        throw new Error(
          "This browser makes keys only on https or on this machine. Open the console by https, or use the command line below.",
        );
      const { keyPem, csrPem } = await makeKeyAndRequest();
      const signed = await client.certificate.sign.mutate({ project, id: cluster.id, csr: csrPem, purpose: "config" });
      if (!(await belongsTogether(signed.pem, keyPem)))
        throw new Error("The certificate that came back does not belong to the key made here. Nothing was saved.");
      const input = { clusterName: cluster.name, server, caPem: signed.caPem, certPem: signed.pem, keyPem };
      const file = form === "bundle" ? `${cluster.name}.zip` : kubeconfigName(cluster.name);
      if (form === "bundle") save(file, "application/zip", bundle(input));
      else save(file, "application/yaml", renderKubeconfig(input));
      return { signed, file, form };
    },
    onMutate: () => setProblem(null),
    onError: (error) => setProblem(explain(error, "No config was made")),
  });

  return (
    <Panel title="Config bundle" note="A file with which kubectl and other tools get into this cluster">
      <div className="space-y-5">
        {cluster.tlsDisabled ? (
          <Notice tone="warning" title="TLS is off">
            This cluster&apos;s API takes no certificates: whoever reaches its address has full power.
          </Notice>
        ) : (
          <ul className="space-y-2.5 text-sm">
            <li className="flex gap-2.5">
              <KeyRound className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
              <span>
                The private key is made in this browser and goes into your file. It is never sent anywhere and is not
                kept.
              </span>
            </li>
            <li className="flex gap-2.5">
              <ShieldCheck className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
              <span>
                The file is for user <code className="font-mono text-[0.8125rem]">admin</code> of group{" "}
                <code className="font-mono text-[0.8125rem]">system:masters</code>: full power in the cluster.
                Certificates belong to the person who made the cluster.
              </span>
            </li>
          </ul>
        )}
        {problem && <ErrorNotice text={problem} />}
        {!cluster.tlsDisabled && (
          <fieldset>
            <legend className="mb-2 text-sm font-medium">File</legend>
            <div className="grid gap-2 sm:grid-cols-2">
              <Choice
                value="kubeconfig"
                chosen={form}
                onChoose={setForm}
                title="Kubeconfig"
                note="One file, ready for kubectl"
              />
              <Choice
                value="bundle"
                chosen={form}
                onChoose={setForm}
                title="Bundle"
                note="Zip: kubeconfig, ca.pem, cert.pem, key.pem"
              />
            </div>
          </fieldset>
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" busy={get.isPending} whyNot={refusal} onClick={() => get.mutate()}>
            <Download aria-hidden />
            Get config
          </Button>
          {refusal && <p className="min-w-0 flex-1 text-sm text-muted">{refusal}</p>}
        </div>
        {get.data && (
          <Done cluster={cluster} file={get.data.file} signed={get.data.signed} zip={get.data.form === "bundle"} />
        )}
      </div>
    </Panel>
  );
}

function Choice({
  value,
  chosen,
  onChoose,
  title,
  note,
}: {
  value: Form;
  chosen: Form;
  onChoose: (form: Form) => void;
  title: string;
  note: string;
}) {
  return (
    <label className="flex cursor-pointer items-start gap-3 rounded-lg border border-border p-3 hover:bg-surface-secondary has-checked:border-accent has-checked:bg-accent-tint">
      <input
        type="radio"
        name="form"
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
        className="mt-0.5 size-4 accent-accent"
      />
      <span className="min-w-0">
        <span className="block text-sm font-medium">{title}</span>
        <span className="block text-[0.8125rem] text-muted">{note}</span>
      </span>
    </label>
  );
}

const shells = ["bash", "PowerShell", "cmd"] as const;

function Done({
  cluster,
  file,
  signed,
  zip,
}: {
  cluster: ClusterView;
  file: string;
  signed: Signed | null;
  zip: boolean;
}) {
  const [shell, setShell] = useState<(typeof shells)[number]>("bash");
  const inside = zip ? `${cluster.name}/${cluster.name}-kubeconfig.yaml` : file;
  const commands = {
    bash: `${zip ? `unzip ~/Downloads/${file} -d ~/Downloads\n` : ""}chmod 600 ~/Downloads/${inside}\nexport KUBECONFIG=~/Downloads/${inside}\nkubectl get nodes`,
    PowerShell: `${zip ? `Expand-Archive $HOME\\Downloads\\${file} $HOME\\Downloads\n` : ""}$env:KUBECONFIG = "$HOME\\Downloads\\${inside.replaceAll("/", "\\")}"\nkubectl get nodes`,
    cmd: `${zip ? `tar -xf %USERPROFILE%\\Downloads\\${file} -C %USERPROFILE%\\Downloads\n` : ""}set KUBECONFIG=%USERPROFILE%\\Downloads\\${inside.replaceAll("/", "\\")}\nkubectl get nodes`,
  };
  const nodes = cluster.masterCount + cluster.nodeCount;
  return (
    <div className="space-y-4">
      <Notice tone="good" role="status" title={`${file} is in your downloads`}>
        Keep it to yourself: whoever has it has full power in this cluster.
      </Notice>
      <div>
        <div role="group" aria-label="Shell" className="mb-2 flex gap-1">
          {shells.map((name) => (
            <Button
              key={name}
              size="sm"
              variant={shell === name ? "secondary" : "ghost"}
              aria-pressed={shell === name}
              onClick={() => setShell(name)}
            >
              {name}
            </Button>
          ))}
        </div>
        <CodeBlock label={`Commands for ${shell}`} text={commands[shell]} />
        <p className="mt-2 text-[0.8125rem] text-muted">
          It lists {nodes} {nodes === 1 ? "node" : "nodes"}. To keep several clusters in one file:{" "}
          <code className="font-mono">KUBECONFIG=~/.kube/config:new.yaml kubectl config view --flatten</code>
        </p>
      </div>
      {signed && (
        <Facts
          rows={[
            ["Valid until", dateTime(signed.notAfter)],
            ["Serial", <CopyText key="serial" text={signed.serial} label="serial" />],
            [
              "Fingerprint",
              <code key="fingerprint" className="font-mono text-xs break-all">
                {signed.fingerprint}
              </code>,
            ],
          ]}
        />
      )}
    </div>
  );
}
