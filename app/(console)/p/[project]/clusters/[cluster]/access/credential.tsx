"use client";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import type { Outputs } from "@/app/_lib/trpc-client";
import { Button } from "@/app/_ui/button";
import { Panel } from "@/app/_ui/card";
import { useSession } from "../../../_frame/project-context";
import { RotateCredentialDialog } from "./rotate-credential-dialog";

/** In whose name the cluster acts in the cloud, and how that changes hands. */
export function CredentialPanel({ cluster }: { cluster: Outputs["cluster"]["get"] }) {
  const session = useSession();
  const [rotating, setRotating] = useState(false);
  return (
    <Panel
      title="Cloud credential"
      action={
        <Button size="sm" variant="ghost" whyNot={cluster.can.rotateCredential} onClick={() => setRotating(true)}>
          <RotateCw aria-hidden /> Rotate
        </Button>
      }
    >
      <p className="text-sm">
        The cluster acts in the cloud in {cluster.userId === session.user.id ? "your name" : "the name of "}
        {cluster.userId !== session.user.id && (
          <span className="font-medium">{cluster.userName ?? cluster.userId}</span>
        )}
        .
      </p>
      {rotating && <RotateCredentialDialog cluster={cluster} onClose={() => setRotating(false)} />}
    </Panel>
  );
}
