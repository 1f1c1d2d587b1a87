import { NodeGroups } from "./node-groups";

export default function NodeGroupsPage() {
  return <NodeGroups />;
}
