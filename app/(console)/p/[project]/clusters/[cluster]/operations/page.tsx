import { Operations } from "./operations";

export default function OperationsPage() {
  return <Operations />;
}
