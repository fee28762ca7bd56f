export { pathOf } from "./paths";
export { WorkspaceArrival } from "./WorkspaceArrival";
