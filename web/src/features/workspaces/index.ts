export { WorkspaceArrival } from "./WorkspaceArrival";
