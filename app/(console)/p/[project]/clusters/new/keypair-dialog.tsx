"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { explain } from "@/app/_lib/errors";
import { useTRPC } from "@/app/_lib/trpc-client";
import { ErrorNotice } from "@/app/_shared/error-panel";
import { Button } from "@/app/_ui/button";
import { CodeBlock } from "@/app/_ui/copy";
import { Dialog } from "@/app/_ui/dialog";
import { Segments, TextArea, TextField } from "@/app/_ui/field";
import { Notice } from "@/app/_ui/notice";
import { useProject } from "../../_frame/project-context";

/** A keypair without leaving the wizard: a public key that exists, or a new pair whose private half is shown once. */
export function KeypairDialog({ onClose, onMade }: { onClose: () => void; onMade: (name: string) => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const project = useProject();
  const [how, setHow] = useState<"given" | "made">("given");
  const [name, setName] = useState("");
  const [publicKey, setPublicKey] = useState("");
  const [tried, setTried] = useState(false);
  const create = useMutation(
    trpc.cloud.createKeypair.mutationOptions({
      onSuccess: async (made) => {
        await client.invalidateQueries(trpc.cloud.options.pathFilter());
        onMade(made.name);
        if (!made.privateKey) onClose();
      },
    }),
  );
  const problems = {
    name:
      name.trim() === ""
        ? "Enter a name."
        : /^[\w .-]+$/.test(name)
          ? undefined
          : "Use letters, digits, blanks, underscores, dots and hyphens.",
    key:
      how === "given" && !/^(ssh-|ecdsa-|sk-)\S+ \S+/.test(publicKey.trim())
        ? "Paste a public key: it begins with ssh-ed25519, ssh-rsa or ecdsa-."
        : undefined,
  };
  const submit = () => {
    setTried(true);
    if (problems.name || problems.key) return;
    create.mutate({
      project: project.id,
      name: name.trim(),
      ...(how === "given" ? { publicKey: publicKey.trim() } : {}),
    });
  };
  const secret = create.data?.privateKey;
  if (secret)
    return (
      <Dialog
        open
        onClose={onClose}
        title={`Private key of ${create.data?.name}`}
        role="alertdialog"
        footer={
          <Button variant="primary" onClick={onClose}>
            I have saved it
          </Button>
        }
      >
        <div className="flex flex-col items-stretch gap-4">
          <Notice tone="warning">
            It is shown this once and kept nowhere. Without it nobody can log in to the nodes.
          </Notice>
          <CodeBlock text={secret} label="Private key" maxHeight="max-h-56" />
          <Button
            size="sm"
            onClick={() => {
              const link = document.createElement("a");
              link.href = URL.createObjectURL(new Blob([secret], { type: "application/x-pem-file" }));
              link.download = `${create.data?.name}.pem`;
              link.click();
              URL.revokeObjectURL(link.href);
            }}
          >
            <Download aria-hidden /> Save {create.data?.name}.pem
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog
      open
      onClose={onClose}
      busy={create.isPending}
      title="Add a keypair"
      footer={
        <>
          <Button onClick={onClose} disabled={create.isPending}>
            Cancel
          </Button>
          <Button variant="primary" busy={create.isPending} onClick={submit}>
            Add keypair
          </Button>
        </>
      }
    >
      <div className="flex flex-col items-stretch gap-4">
        {create.isError && <ErrorNotice text={explain(create.error, "The keypair was not added")} />}
        <TextField
          label="Name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={tried ? problems.name : undefined}
          autoFocus
        />
        <Segments
          legend="Key"
          value={how}
          onChange={setHow}
          choices={[
            { value: "given", label: "I have a public key" },
            { value: "made", label: "Make a new pair" },
          ]}
        />
        {how === "given" ? (
          <TextArea
            label="Public key"
            mono
            value={publicKey}
            onChange={(event) => setPublicKey(event.target.value)}
            error={tried ? problems.key : undefined}
            hint="The content of a file such as ~/.ssh/id_ed25519.pub"
          />
        ) : (
          <p className="text-sm text-muted">The cloud makes the pair and shows the private key once.</p>
        )}
      </div>
    </Dialog>
  );
}
