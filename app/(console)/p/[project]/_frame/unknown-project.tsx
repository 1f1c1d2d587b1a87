import { FolderX } from "lucide-react";
import { paths } from "@/app/_lib/paths";
import { ButtonLink } from "@/app/_ui/button";
import { EmptyState } from "@/app/_ui/empty-state";

export function UnknownProject({ projects }: { projects: readonly { id: string; name: string }[] }) {
  return (
    <main className="grid min-h-dvh place-items-center">
      <EmptyState
        icon={<FolderX />}
        title="No such project, or you have no role in it"
        action={projects.slice(0, 6).map((project) => (
          <ButtonLink key={project.id} href={paths.overview(project.id)}>
            {project.name}
          </ButtonLink>
        ))}
      >
        These are yours:
      </EmptyState>
    </main>
  );
}
