import { Resources } from "./resources";

export default function ResourcesPage() {
  return <Resources />;
}
