"use client";
import { FolderX } from "lucide-react";
import { CopyText } from "../_ui/copy";
import { EmptyState } from "../_ui/empty-state";
import { SignOutButton } from "./sign-out";

/** Signed in, but without a role in any project. */
export function NoProject({ user }: { user: { id: string; name: string; domainName: string } }) {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <EmptyState icon={<FolderX />} title="You have no project yet" action={<SignOutButton />}>
        <p>
          {user.name} ({user.domainName}) has no role in any project of this cloud. Ask an administrator of the cloud
          for one and give them your user id:
        </p>
        <p className="mt-3">
          <CopyText text={user.id} label="user id" />
        </p>
      </EmptyState>
    </main>
  );
}
