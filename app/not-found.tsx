import { Compass } from "lucide-react";
import { paths } from "./_lib/paths";
import { ButtonLink } from "./_ui/button";
import { EmptyState } from "./_ui/empty-state";

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <EmptyState
        icon={<Compass />}
        title="There is no such page"
        action={
          <ButtonLink href={paths.home()} variant="primary">
            Go to your project
          </ButtonLink>
        }
      >
        The address may be mistyped, or what it named is gone.
      </EmptyState>
    </main>
  );
}
