import { Nodes } from "./nodes";

export default function NodesPage() {
  return <Nodes />;
}
