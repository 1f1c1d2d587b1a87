import { ClusterLabels } from "./labels";

export default function LabelsPage() {
  return <ClusterLabels />;
}
