"use client";
import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, type ReactNode } from "react";
import { signedOutEvent, useTRPC, type Outputs } from "@/app/_lib/trpc-client";

export type Session = NonNullable<Outputs["session"]["get"]>;

export interface ProjectInView {
  id: string;
  name: string;
  domainName: string;
}

const ProjectContext = createContext<{ project: ProjectInView; session: Session } | null>(null);

export function ProjectProvider({
  project,
  session,
  children,
}: {
  project: ProjectInView;
  session: Session;
  children: ReactNode;
}) {
  return <ProjectContext value={{ project, session }}>{children}</ProjectContext>;
}

function useInView() {
  const value = useContext(ProjectContext);
  if (!value) throw new Error("used outside of a project");
  return value;
}

export const useProject = (): ProjectInView => useInView().project;
export const useSession = (): Session => useInView().session;

/** As the page was opened with, and asked for now and then: an outage's end is seen, and the session's. */
export function useSessionNow(): Session {
  const trpc = useTRPC();
  const { session } = useInView();
  const { data } = useQuery(
    trpc.session.get.queryOptions(undefined, {
      initialData: session,
      refetchInterval: ({ state }) => (state.data?.asOf ? 10_000 : 60_000),
    }),
  );
  useEffect(() => {
    if (data === null) window.dispatchEvent(new Event(signedOutEvent));
  }, [data]);
  return data ?? session;
}

type Policy = keyof Outputs["project"]["get"]["can"];

/** May the person do this here by policy? While that is not known: yes, and the server decides. */
export function useMay(): (policy: Policy) => string | null {
  const trpc = useTRPC();
  const { project } = useInView();
  const { data } = useQuery(trpc.project.get.queryOptions({ project: project.id }, { staleTime: 60_000 }));
  return (policy) =>
    !data || data.can[policy]
      ? null
      : `Your ${data.roles.length === 1 ? "role" : "roles"} ${data.roles.join(", ")} in ${project.name} may not do this.`;
}
