"use client";
import { Copy, Ellipsis, Pencil, Plus, Trash2 } from "lucide-react";
import { useMay, useProject } from "../_frame/project-context";
import { paths } from "@/app/_lib/paths";
import { Menu } from "@/app/_ui/menu";

interface Subject {
  id: string;
  name: string;
  mine: boolean;
  clusters: number;
}

/** What may be done with a template, from the list and from its page. */
export function TemplateMenu({ template, onDelete }: { template: Subject; onDelete: () => void }) {
  const project = useProject();
  const may = useMay();
  const foreign = template.mine ? null : "It belongs to another project: copy it to change it.";
  return (
    <Menu
      label={`Actions for ${template.name}`}
      size="icon-sm"
      items={[
        {
          id: "cluster",
          label: "Create cluster",
          icon: <Plus />,
          href: paths.newCluster(project.id, { template: template.id }),
          whyNot: may("cluster:create"),
        },
        {
          id: "copy",
          label: "Copy and edit",
          icon: <Copy />,
          href: paths.newTemplate(project.id, template.id),
          whyNot: may("clustertemplate:create"),
        },
        {
          id: "edit",
          label: "Edit",
          icon: <Pencil />,
          href: paths.editTemplate(project.id, template.id),
          whyNot: foreign ?? may("clustertemplate:update"),
        },
        "separator",
        {
          id: "delete",
          label: "Delete",
          icon: <Trash2 />,
          danger: true,
          onAction: onDelete,
          whyNot:
            foreign ??
            (template.clusters > 0
              ? `${template.clusters === 1 ? "A cluster uses it" : `${template.clusters} clusters use it`}.`
              : may("clustertemplate:delete")),
        },
      ]}
    >
      <Ellipsis />
    </Menu>
  );
}
