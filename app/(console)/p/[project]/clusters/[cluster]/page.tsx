import { ClusterOverview } from "./overview";

export default function ClusterPage() {
  return <ClusterOverview />;
}
